#!/usr/bin/env bash
# Records samples/first-look.pcap: real programs on a small home network of network namespaces.
# Real traffic, invented names: addresses are RFC 1918 and the documentation ranges of RFC 5737.
#   apt-get install dnsmasq-base udhcpc avahi-daemon nmap curl openssl chromium tcpdump iproute2 ethtool python3-venv
#   samples/record/record.sh [OUT.pcap]          (root; about a minute; touches only its own namespaces)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "${1:-$here/../first-look.pcap}")
work=$(mktemp -d)
hosts=(laptop phone printer tv scanner)
spaces=(nmr-lan nmr-router nmr-web "${hosts[@]/#/nmr-}")

cleanup() {
  for ns in "${spaces[@]}"; do
    ip netns pids "$ns" 2>/dev/null | xargs -r kill 2>/dev/null || true
    ip netns del "$ns" 2>/dev/null || true
    rm -rf "/etc/netns/$ns"
  done
  rm -rf "$work"
}
for ns in "${spaces[@]}"; do # left over from a run that was killed
  ip netns pids "$ns" 2>/dev/null | xargs -r kill 2>/dev/null || true
  ip netns del "$ns" 2>/dev/null || true
done
trap cleanup EXIT

on() { local ns=nmr-$1; shift; ip netns exec "$ns" "$@"; }
quietly() { "$@" >/dev/null 2>&1 || true; }

# --- the network: a bridge, a router, the web behind it -------------------------------------------
for ns in "${spaces[@]}"; do
  ip netns add "$ns"
  ip -n "$ns" link set lo up
  mkdir -p "/etc/netns/$ns"
  echo 'nameserver 192.168.1.1' >"/etc/netns/$ns/resolv.conf"
done
ip -n nmr-lan link add br0 type bridge
ip -n nmr-lan link set br0 up
n=0
plug() { # NAME: a cable from the host to the bridge, with a plausible MAC
  n=$((n + 1))
  ip link add "nmr$n" type veth peer name eth0 netns "nmr-$1"
  ip link set "nmr$n" netns nmr-lan
  ip -n nmr-lan link set "nmr$n" master br0 up
  ip -n "nmr-$1" link set eth0 address "$2" up
  wire nmr-$1 eth0
}
wire() { # frames as they are on a wire: whole checksums, no segments larger than the MTU
  ip netns exec "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null
}
plug router 44:d9:e7:10:00:01
plug laptop 3c:22:fb:10:00:50
plug phone 94:b1:0a:10:00:51
plug printer 00:1b:a9:10:00:20
plug tv 64:1c:b0:10:00:30
plug scanner dc:a6:32:10:00:66
ip -n nmr-router addr add 192.168.1.1/24 dev eth0
ip link add eth1 netns nmr-router type veth peer name eth0 netns nmr-web
ip -n nmr-router addr add 10.255.0.1/24 dev eth1
ip -n nmr-router link set eth1 up
ip -n nmr-web link set eth0 up
wire nmr-router eth1
wire nmr-web eth0
for address in 10.255.0.2/24 203.0.113.10/32 203.0.113.80/32 198.51.100.20/32 198.51.100.44/32 192.0.2.30/32; do
  ip -n nmr-web addr add "$address" dev eth0
done
for net in 203.0.113.0/24 198.51.100.0/24 192.0.2.0/24; do ip -n nmr-router route add "$net" via 10.255.0.2; done
ip -n nmr-web route add default via 10.255.0.1
on router sysctl -qw net.ipv4.ip_forward=1
ip -n nmr-printer addr add 192.168.1.20/24 dev eth0
ip -n nmr-tv addr add 192.168.1.30/24 dev eth0
ip -n nmr-scanner addr add 192.168.1.66/24 dev eth0
for host in printer tv scanner; do ip -n "nmr-$host" route add default via 192.168.1.1; done

# --- servers ---------------------------------------------------------------------------------------
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -keyout "$work/key.pem" \
  -out "$work/cert.pem" -subj '/C=NL/O=Example Shop BV/CN=shop.example.com' \
  -addext 'subjectAltName=DNS:shop.example.com,DNS:*.example.net,DNS:*.example.org' 2>/dev/null
on web node "$here/site.mjs" "$work/cert.pem" "$work/key.pem" &
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q aioquic
on web "$work/venv/bin/python" "$here/quic.py" serve "$work/cert.pem" "$work/key.pem" 192.0.2.30 &
on router dnsmasq --no-daemon --conf-file=/dev/null --no-hosts --no-resolv --bind-interfaces --interface=eth0 \
  --dhcp-range=192.168.1.50,192.168.1.99,12h --dhcp-leasefile="$work/leases" --domain=lan \
  --dhcp-host=3c:22:fb:10:00:50,192.168.1.50 --dhcp-host=94:b1:0a:10:00:51,192.168.1.51 \
  --address=/shop.example.com/203.0.113.10 --cname=www.example.com,shop.example.com --address=/cdn.example.net/203.0.113.80 \
  --address=/metrics.example.org/198.51.100.20 --address=/mail.example.org/198.51.100.44 \
  --address=/video.example.net/192.0.2.30 --address=/updates.example.com/203.0.113.80 \
  --local=/example.com/ --local=/example.net/ --local=/example.org/ --address=/#/ --local-ttl=300 >"$work/dnsmasq.log" 2>&1 &
sleep 2
on lan tcpdump -i br0 -s 0 -U -w "$work/raw.pcap" 2>/dev/null &
recorder=$!
sleep 1

# --- a minute at home ------------------------------------------------------------------------------
lease() { on "$1" udhcpc -i eth0 -q -n -f -x "hostname:$2" -s "$work/lease.sh"; }
cat >"$work/lease.sh" <<'LEASE'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr replace "$ip/24" dev "$interface"
ip route replace default via "$router"
LEASE
chmod +x "$work/lease.sh"
announce() { # HOST NAME SERVICE PORT: mDNS by avahi, in a mount namespace with a run directory of its own
  printf '[server]\nhost-name=%s\nallow-interfaces=eth0\nenable-dbus=no\n[publish]\npublish-hinfo=no\npublish-workstation=no\n' "$2" >"$work/$2.conf"
  mkdir -p "$work/$2-services"
  printf '<?xml version="1.0"?><!DOCTYPE service-group SYSTEM "avahi-service.dtd"><service-group><name>%s</name><service><type>%s</type><port>%s</port></service></service-group>' \
    "$2" "$3" "$4" >"$work/$2-services/$2.service"
  on "$1" unshare -m sh -c "mkdir -p /run/avahi-daemon && mount -t tmpfs none /run/avahi-daemon && mount --bind $work/$2-services /etc/avahi/services && \
    exec avahi-daemon --no-chroot --no-drop-root --no-rlimits -f $work/$2.conf" >"$work/$2.log" 2>&1 &
}
browse() { # HOST URL: one visit of a real browser
  quietly timeout 15 ip netns exec "nmr-$1" chromium --headless --no-sandbox --disable-gpu --no-first-run --ignore-certificate-errors \
    --disable-background-networking --disable-component-update --disable-sync \
    --host-resolver-rules='MAP *.google.com ~NOTFOUND, MAP *.googleapis.com ~NOTFOUND' --user-data-dir="$work/profile-$1" \
    --timeout=4000 --dump-dom "$2"
}
fetch() { local host=$1; shift; quietly on "$host" curl -sk --max-time 8 -o /dev/null "$@"; }

quietly lease laptop anna-laptop
quietly lease phone pixel-8
announce printer office-printer _ipp._tcp 631
announce tv living-room-tv _googlecast._tcp 8009
browse laptop https://shop.example.com/ &
sleep 3
fetch phone https://shop.example.com/
fetch phone -A 'okhttp/4.12' -d '{"battery":81}' https://metrics.example.org/api/telemetry
fetch tv -A 'SmartTV/7.1' http://updates.example.com/firmware.bin
fetch laptop https://mail.example.org:8443/style.css
quietly timeout 10 ip netns exec nmr-phone "$work/venv/bin/python" "$here/quic.py" get 192.0.2.30 video.example.net
fetch laptop http://www.example.com/old -L
quietly on laptop ping -c 3 203.0.113.10
for i in 1 2 3 4 5 6 7 8; do
  fetch tv -A 'SmartTV/7.1' -d '{"watching":true}' http://metrics.example.org/api/telemetry
  fetch laptop "https://cdn.example.net/photo-$i.jpg"
  quietly on laptop ping -c 1 203.0.113.10
  sleep 2
done
quietly on scanner nmap -n -Pn -sS -T4 --max-retries 0 -p 1-400 192.168.1.20
quietly on scanner nmap -n -Pn -sS -T4 --max-retries 0 -p 22,80,443,445,3389,8080 192.168.1.1 192.168.1.30 192.168.1.50 192.168.1.51
# A device with a broken network stack: a UDP length past the end, a TCP header that claims eight octets.
on scanner python3 - <<'BROKEN'
import socket
import struct

def datagram(protocol, payload):
    fields = [0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, bytes([192, 168, 1, 66]), bytes([192, 168, 1, 20])]
    layout = "!BBHHHBBH4s4s"
    total = sum(struct.unpack("!10H", struct.pack(layout, *fields)))
    fields[7] = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return struct.pack(layout, *fields) + payload

wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("eth0", 0))
ethernet = bytes.fromhex("001ba9100020" "dca632100066" "0800")
long_udp = struct.pack("!HHHH", 53, 53, 200, 0) + bytes(8)
short_tcp = struct.pack("!HHIIBBHHH", 4000, 631, 1, 1, 0x20, 0x10, 1024, 0, 0)
for packet in (datagram(17, long_udp), datagram(6, short_tcp)) * 2:
    wire.send(ethernet + packet)
BROKEN
fetch phone "https://no-such-host.example.invalid/"
browse laptop https://shop.example.com/ &
browser=$!
sleep 4
for i in 9 10 11 12 13 14; do
  fetch phone "https://cdn.example.net/photo-$i.jpg"
  fetch tv -A 'SmartTV/7.1' -d '{"watching":true}' http://metrics.example.org/api/telemetry
  sleep 2
done
wait "$browser" || true
sleep 1
ip netns pids nmr-lan | xargs kill
wait "$recorder" || true
mv "$work/raw.pcap" "$out"
echo "$out: $(stat -c %s "$out") bytes, $(tcpdump -r "$out" 2>/dev/null | wc -l) packets"
