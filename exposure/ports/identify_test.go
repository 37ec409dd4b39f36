package ports

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// TestIdentify: what answers on a port whose number tells nothing.
func TestIdentify(t *testing.T) {
	t.Parallel()
	web := exposuretest.NewTLSServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s := lab()
	s.Rate.Parallel = 1
	d := dialer(t, s, nil)
	var wait sync.WaitGroup
	for i, tc := range []struct {
		want  string
		serve func(net.Conn)
	}{
		{"ssh", goodSSH()},
		{"vnc", says("RFB 003.008\n")},
		{"smtp", says("220 mx.example.org ESMTP Postfix\r\n")},
		{"ftp", says("220 (vsFTPd 3.0.3)\r\n")},
		{"imap", says("* OK ready\r\n")},
		{"pop3", says("+OK ready\r\n")},
		{"rsync", says("@RSYNCD: 31.0\n")},
		{"telnet", says("\xff\xfd\x18")},
		{"mysql", says("\x3b\x00\x00\x00\x0a8.0.36\x00\x01\x00\x00\x00abcdefgh\x00\xff\xf7" + string(make([]byte, 33)))},
		{"http", webpage(404, "", "")},
		{"http", webpage(400, "", "missing host")},
		{"https", func(c net.Conn) { // a real server of TLS behind
			b, err := net.Dial("tcp", web.Listener.Addr().String())
			if err != nil {
				return
			}
			defer b.Close()
			go io.Copy(b, c)
			io.Copy(c, b)
		}},
		{"tls", replies("\x15\x03\x01\x00\x02\x02\x46")},
		{"redis", replies("-ERR wrong number of arguments for 'get' command\r\n")},
		{"mongodb", replies("HTTP/1.0 200 OK\r\n\r\nIt looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n")},
		{"rdp", onlyTo("\x03\x00", rdpServer(rdpTLS))},
		{"postgres", onlyTo("\x00\x00\x00\x08", replies("N"))},
		{"memcached", onlyTo("version", replies("VERSION 1.6.18\r\n"))},
		{"smb", onlyTo("\x00\x00\x00", smbServer(false, 3))},
		{"", onlyTo("nothing", hangUp)},
		{"", says("hello\r\n")},
	} {
		at := serve(t, exposuretest.Address(t, fmt.Sprintf("127.2.2.%d", i+1)), tc.serve)
		v := visitor(&exposure.Session{Dialer: d}, exposure.Target{Address: at.Addr(), Port: at.Port()})
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if got, err := v.identify(ctx); got != tc.want || err != nil {
				t.Errorf("%d: %q %v, want %q", i, got, err, tc.want)
			}
		})
	}
	wait.Wait()
}

// onlyTo hangs up on every other question.
func onlyTo(question string, answer func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		b := make([]byte, len(question))
		if _, err := io.ReadFull(c, b); err == nil && string(b) == question {
			answer(&again{Conn: c, first: b})
		}
	}
}
