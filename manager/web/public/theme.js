// Sets the chosen theme before the first paint, so that nothing flashes. A file of its own because
// the content security policy allows no inline script; the rest of the logic is in src/theme.ts.
(() => {
  try {
    const chosen = localStorage.getItem('netmoth.theme');
    if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be forbidden; the system's own preference then applies.
  }
})();
