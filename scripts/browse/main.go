// Command browse waits for a server, or opens a link that signs in and then every
// page that can be reached from there, each once: what a person does who looks
// around.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

// mostPages is how many pages are opened at most.
const mostPages = 400

var link = regexp.MustCompile(`href="(/[^"#]*)`)

func main() {
	wait := flag.Bool("wait", false, "wait until the address answers, and do nothing else")
	port := flag.Bool("port", false, "print a port of this machine on which nobody listens, and do nothing else")
	flag.Parse()
	err := error(nil)
	if *port {
		err = freePort()
	} else {
		err = run(flag.Arg(0), *wait)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "browse:", err)
		os.Exit(1)
	}
}

func freePort() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	return l.Close()
}

func run(address string, wait bool) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar}
	if wait {
		return answers(client, address)
	}
	base, err := url.Parse(address)
	if err != nil {
		return err
	}
	return walk(client, base)
}

// answers waits for at most two minutes.
func answers(client *http.Client, address string) error {
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(2 * time.Millisecond) {
		r, err := client.Get(address)
		if err == nil {
			return r.Body.Close()
		}
		if time.Now().After(end) {
			return err
		}
	}
}

// walk opens the page and all that it leads to on the same server.
func walk(client *http.Client, base *url.URL) error {
	open, seen := []string{base.RequestURI()}, map[string]bool{}
	for len(open) > 0 && len(seen) < mostPages {
		path := open[0]
		open = open[1:]
		if seen[path] || strings.HasPrefix(path, "/static/") {
			continue
		}
		seen[path] = true
		r, err := client.Get(base.Scheme + "://" + base.Host + path)
		if err != nil {
			return err
		}
		page, err := io.ReadAll(r.Body)
		if err := r.Body.Close(); err != nil {
			return err
		}
		if err != nil {
			return err
		}
		if r.StatusCode >= 500 {
			return fmt.Errorf("%s: %s", path, r.Status)
		}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && r.Header.Get("Content-Disposition") == "" {
			for _, m := range link.FindAllStringSubmatch(string(page), -1) {
				open = append(open, strings.ReplaceAll(m[1], "&amp;", "&"))
			}
		}
	}
	fmt.Printf("pages opened           %d\n", len(seen))
	return nil
}
