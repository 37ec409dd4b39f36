#!/bin/sh
# The laboratory of the scanner: installs the targets and the other scanners, and says
# so; then compares every verdict with what is true, and ours with theirs.
# SCAN_LAB_TARGETS picks the targets for the others by a regular expression; each takes
# them some minutes.
set -eu
missing=""
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"; }
need openssl openssl
need nginx nginx-light
need gnutls-serv gnutls-bin
need sshd openssh-server
need sslscan sslscan
need nmap nmap
need postfix postfix
need nsd nsd
need knotd knot
need unbound unbound
need dnssec-signzone bind9-utils
need delv bind9-dnsutils
need caddy caddy
need in.tftpd tftpd-hpa
need node nodejs
need npm npm
command -v testssl.sh >/dev/null 2>&1 || need testssl testssl.sh
if [ -n "$missing" ]; then
	echo "scan-lab: the laboratory needs:$missing"
	if command -v apt-get >/dev/null 2>&1; then
		sudo=""
		[ "$(id -u)" = 0 ] || sudo="sudo"
		echo "scan-lab: installing with apt-get"
		$sudo apt-get update -qq || true
		for package in $missing; do # one by one: what is not there is said, and the rest goes on
			DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$package" || echo "scan-lab: $package cannot be installed"
		done
	else
		echo "scan-lab: apt-get is not available; please install the packages above with your package manager"
	fi
fi
echo "scan-lab: getting a server of OPC UA with npm"
npm ci --prefix test/scanlab/testdata/opcua --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error || echo "scan-lab: it cannot be had"
echo "scan-lab: $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg)"
SCAN_LAB=1 exec "${GO:-go}" test -count=1 -v -timeout 180m -run 'TestGroundTruth|TestNames|TestPostfix|TestDTLS|TestLatency|TestAgainstOthers' ./test/scanlab
