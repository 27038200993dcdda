/**
 * Variables every rule set expects, with the values a stock Suricata gives them.
 *
 * Invariant: a variable given by name replaces the default of that name and no other.
 */
import type { Variables } from './endpoint.ts';

const HOME = '$HOME_NET';

export const DEFAULT_VARIABLES: Readonly<Record<string, string>> = {
  HOME_NET: '[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]',
  EXTERNAL_NET: '!$HOME_NET',
  HTTP_SERVERS: HOME,
  SMTP_SERVERS: HOME,
  SQL_SERVERS: HOME,
  DNS_SERVERS: HOME,
  TELNET_SERVERS: HOME,
  AIM_SERVERS: '$EXTERNAL_NET',
  DC_SERVERS: HOME,
  DNP3_SERVER: HOME,
  DNP3_CLIENT: HOME,
  MODBUS_CLIENT: HOME,
  MODBUS_SERVER: HOME,
  ENIP_CLIENT: HOME,
  ENIP_SERVER: HOME,
  HTTP_PORTS: '80',
  SHELLCODE_PORTS: '!80',
  ORACLE_PORTS: '1521',
  SSH_PORTS: '22',
  DNP3_PORTS: '20000',
  MODBUS_PORTS: '502',
  FILE_DATA_PORTS: '[$HTTP_PORTS,110,143]',
  FTP_PORTS: '21',
  GENEVE_PORTS: '6081',
  VXLAN_PORTS: '4789',
  TEREDO_PORTS: '3544',
  SIP_PORTS: '[5060,5061]',
};

export function withDefaults(given: Readonly<Record<string, string>>): Variables {
  return new Map(Object.entries({ ...DEFAULT_VARIABLES, ...given }));
}
