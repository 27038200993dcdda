// Bars that fill most of their bucket, for stacks painted from the tallest down.
import uPlot from 'uplot';

const bars = uPlot.paths.bars;
if (bars === undefined) throw new Error('uPlot was built without bars');
export const stackedBars = bars({ size: [0.78, 28], align: 1 });
