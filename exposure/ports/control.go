package ports

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
)

// controlPlanes lists the services of PORT-08.
func controlPlanes() []service {
	return []service{
		{name: "docker", title: "Docker", ports: []uint16{2375, 2376}, page: "/version", look: docker},
		{name: "kubernetes", title: "Kubernetes API", ports: []uint16{6443}, page: "/api", tls: true, look: kubernetes},
		{name: "kubelet", title: "kubelet", ports: []uint16{10250}, page: "/pods", tls: true, look: kubelet},
		{name: "etcd", title: "etcd", ports: []uint16{2379}, page: "/version", look: etcd},
		{name: "zookeeper", title: "ZooKeeper", ports: []uint16{2181}, look: zooKeeper},
		{name: "kafka", title: "Kafka", ports: []uint16{9092}, look: kafka},
		{name: "rabbitmq", title: "RabbitMQ management", ports: []uint16{15672}, page: "/", look: page("RabbitMQ Management")},
		{name: "consul", title: "Consul", ports: []uint16{8500}, page: "/v1/agent/self", look: consul},
		{name: "proxmox", title: "Proxmox", ports: []uint16{8006}, page: "/", tls: true, look: page("Proxmox")},
		{name: "webmin", title: "Webmin", ports: []uint16{10000}, page: "/", tls: true, look: page("MiniServ", "Webmin")},
	}
}

// either asks with and without TLS, and returns the answer that is one of HTTP for
// the service itself.
func (v *visit) either(ctx context.Context, path string) (w web, secure bool, err error) {
	w, err = v.get(ctx, false, path)
	// Servers with TLS answer with an alert, hang up, or explain themselves.
	if err != nil || w.status != 0 && w.status != 400 && !w.has("SSL mode") {
		return w, false, err
	}
	if s, err := v.get(ctx, true, path); err != nil || s.status != 0 {
		return s, true, err
	}
	return w, false, nil
}

// page finds a console by words on its first page or in the name of its server.
func page(marks ...string) func(context.Context, *visit) (reading, error) {
	return func(ctx context.Context, v *visit) (reading, error) {
		w, _, err := v.either(ctx, "/")
		server := w.header.Get("Server")
		for _, mark := range marks {
			if err == nil && (w.has(mark) || strings.Contains(server, mark)) {
				return known(word([]byte(server)))
			}
		}
		return reading{}, err
	}
}

// withTLS is the fact that a service without certificates of its clients shows.
func withTLS(secure bool) string {
	if secure {
		return "over TLS, without asking for a certificate"
	}
	return "without TLS"
}

func docker(ctx context.Context, v *visit) (reading, error) {
	w, secure, err := v.either(ctx, "/version")
	if err != nil || !w.has(`"ApiVersion"`) {
		return reading{}, err
	}
	r, _ := unauthenticated(field(w.body, "Version"))
	r.facts = append(r.facts, withTLS(secure))
	return r, nil
}

// kubernetes asks for the list of versions of the API, which strangers do not get
// from a cluster as it is installed.
func kubernetes(ctx context.Context, v *visit) (reading, error) {
	w, _, err := v.either(ctx, "/api")
	switch {
	case err != nil:
		return reading{}, err
	case w.status == 200 && w.has(`"APIVersions"`):
		return unauthenticated("")
	case (w.status == 401 || w.status == 403) && w.has(`"Status"`):
		return known("", "it asks for sign-in")
	}
	return reading{}, nil
}

func kubelet(ctx context.Context, v *visit) (reading, error) {
	w, _, err := v.either(ctx, "/pods")
	switch {
	case err != nil:
		return reading{}, err
	case w.status == 200 && w.has(`"PodList"`):
		return unauthenticated("")
	case w.status == 401 && w.has("Unauthorized"), w.status == 403 && w.has("Forbidden"):
		return known("", "it asks for sign-in")
	}
	return reading{}, nil
}

func etcd(ctx context.Context, v *visit) (reading, error) {
	w, secure, err := v.either(ctx, "/version")
	if err != nil || !w.has(`"etcdserver"`) {
		return reading{}, err
	}
	r, _ := unauthenticated(field(w.body, "etcdserver"))
	r.facts = append(r.facts, withTLS(secure))
	return r, nil
}

func consul(ctx context.Context, v *visit) (reading, error) {
	w, _, err := v.either(ctx, "/v1/agent/self")
	switch {
	case err != nil:
		return reading{}, err
	case w.status == 200 && w.has(`"Config"`):
		return unauthenticated(field(w.body, "Config", "Version"))
	case w.status == 403 && (w.header.Get("X-Consul-Default-Acl-Policy") != "" || w.has("Permission denied")):
		return known("", "it asks for a token")
	}
	return reading{}, nil
}

// zooKeeper asks whether the server is well, which is one of the few words that it
// answers by default.
func zooKeeper(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, []byte("ruok"), size(4))
	switch {
	case err != nil:
		return reading{}, err
	case bytes.Equal(b, []byte("imok")):
		return known("", "it answers administration words")
	case bytes.Contains(b, []byte("is not executed because it is not in the whitelist")):
		return known("")
	}
	return reading{}, nil
}

// kafka asks which versions of requests the broker knows (ApiVersions, version 0).
func kafka(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, []byte{0, 0, 0, 16, 0, 18, 0, 0, 0x4e, 0x49, 0x53, 0x41, 0, 6, 'n', 'i', 's', 'a', 'b', 'a'}, func(b []byte) bool {
		return len(b) >= 4 && uint64(len(b)) >= 4+uint64(binary.BigEndian.Uint32(b))
	})
	n, ok := readKafka(b)
	if err != nil || !ok {
		return reading{}, err
	}
	return known("", fmt.Sprintf("%d kinds of requests", n))
}

// readKafka reads how many kinds of requests a broker knows.
func readKafka(b []byte) (kinds int, ok bool) {
	if len(b) < 14 || !bytes.Equal(b[4:8], []byte("NISA")) || b[8]|b[9] != 0 {
		return 0, false
	}
	n := binary.BigEndian.Uint32(b[10:])
	return int(n), n > 0 && n < 1000
}
