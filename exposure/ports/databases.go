package ports

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// databases lists the services of PORT-07.
func databases() []service {
	return []service{
		{name: "mssql", title: "Microsoft SQL Server", ports: []uint16{1433}, script: "ms-sql-info", look: mssql},
		{name: "oracle", title: "Oracle", ports: []uint16{1521}, script: "oracle-tns-version", look: oracle},
		{name: "mysql", title: "MySQL", ports: []uint16{3306}, script: "mysql-info", look: mysql},
		{name: "postgres", title: "PostgreSQL", ports: []uint16{5432}, look: postgres},
		{name: "mongodb", title: "MongoDB", ports: []uint16{27017}, script: "mongodb-info", look: mongo},
		{name: "redis", title: "Redis", ports: []uint16{6379}, script: "redis-info", look: redis},
		{name: "elasticsearch", title: "Elasticsearch", ports: []uint16{9200}, page: "/", look: elasticsearch},
		{name: "cassandra", title: "Cassandra", ports: []uint16{9042}, script: "cassandra-info", look: cassandra},
		{name: "couchdb", title: "CouchDB", ports: []uint16{5984}, page: "/_all_dbs", look: couchDB},
		{name: "influxdb", title: "InfluxDB", ports: []uint16{8086}, page: "/ping", look: influxDB},
		{name: "memcached", title: "memcached", ports: []uint16{11211}, script: "memcached-info", look: memcached},
		{name: "ldap", title: "LDAP", ports: []uint16{389}, script: "ldap-rootdse", look: ldap},
	}
}

// mssql sends a prelogin packet, MS-TDS section 2.2.6.5, and reads the version.
func mssql(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, []byte{0x12, 1, 0, 26, 0, 0, 0, 0, 0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 2}, func(b []byte) bool {
		return len(b) >= 4 && len(b) >= int(binary.BigEndian.Uint16(b[2:]))
	})
	if err != nil {
		return reading{}, err
	}
	version, ok := readTDS(b)
	return reading{known: ok, product: version}, nil
}

// readTDS reads the version in an answer to a prelogin packet.
func readTDS(b []byte) (version string, ok bool) {
	if len(b) < 8 || b[0] != 4 {
		return "", false
	}
	b = b[8:]
	for at := 0; at+5 <= len(b) && b[at] != 0xff; at += 5 {
		offset, n := int(binary.BigEndian.Uint16(b[at+1:])), int(binary.BigEndian.Uint16(b[at+3:]))
		if b[at] == 0 && n >= 6 && offset+6 <= len(b) {
			return fmt.Sprintf("%d.%d.%d", b[offset], b[offset+1], binary.BigEndian.Uint16(b[offset+2:])), true
		}
	}
	return "", false
}

// oracle asks a listener for a service that does not exist; a listener of Oracle
// refuses or redirects with a packet of its own kind.
func oracle(ctx context.Context, v *visit) (reading, error) {
	data := "(CONNECT_DATA=(COMMAND=ping))"
	p := make([]byte, 58, 58+len(data))
	binary.BigEndian.PutUint16(p, uint16(58+len(data)))
	p[4] = 1                                   // connect
	binary.BigEndian.PutUint16(p[8:], 0x0136)  // version
	binary.BigEndian.PutUint16(p[10:], 0x012c) // compatible with
	binary.BigEndian.PutUint16(p[14:], 2048)   // size of a session data unit
	binary.BigEndian.PutUint16(p[16:], 0x7fff) // size of a transport data unit
	binary.BigEndian.PutUint16(p[18:], 0x4f98) // characteristics
	binary.BigEndian.PutUint16(p[22:], 1)      // byte order
	binary.BigEndian.PutUint16(p[24:], uint16(len(data)))
	binary.BigEndian.PutUint16(p[26:], 58) // where the data begin
	b, err := v.ask(ctx, append(p, data...), size(8))
	if err != nil || len(b) < 8 || int(binary.BigEndian.Uint16(b)) < 8 || b[2]|b[3] != 0 || !slices.Contains([]byte{2, 4, 5, 11}, b[4]) {
		return reading{}, err
	}
	return known("")
}

// mysql reads the greeting of protocol 10, or the refusal of a server that does
// not like this address.
func mysql(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, nil, func(b []byte) bool { return len(b) >= 4 && len(b) >= 4+(int(b[0])|int(b[1])<<8|int(b[2])<<16) })
	if err != nil {
		return reading{}, err
	}
	g, ok := readMySQL(b)
	r := reading{known: ok, product: g.version}
	switch {
	case g.refused:
		r.facts = []string{"it refuses this address"}
	case ok && !g.tls:
		r.facts, r.defect = []string{"it offers no TLS"}, true
	}
	return r, nil
}

// mysqlGreeting is what a server of MySQL says first.
type mysqlGreeting struct {
	version string
	tls     bool
	refused bool
}

func readMySQL(b []byte) (g mysqlGreeting, ok bool) {
	if len(b) < 6 || b[3] > 1 {
		return g, false
	}
	b = b[4:]
	if b[0] == 0xff && len(b) > 3 {
		return mysqlGreeting{refused: true}, bytes.Contains(b, []byte("is not allowed to connect")) || bytes.Contains(b, []byte("is blocked"))
	}
	end := bytes.IndexByte(b, 0)
	if b[0] != 10 || end < 2 || len(b) < end+1+4+8+1+2 {
		return g, false
	}
	flags := binary.LittleEndian.Uint16(b[end+1+4+8+1:])
	return mysqlGreeting{version: word(b[1:end]), tls: flags&0x0800 != 0}, true
}

// postgresHello asks for TLS; the answer is one letter.
var postgresHello = []byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f}

func readPostgres(b []byte) bool { return len(b) == 1 && (b[0] == 'S' || b[0] == 'N') }

func postgres(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, postgresHello, some)
	switch {
	case err != nil || !readPostgres(b):
		return reading{}, err
	case b[0] == 'S':
		return known("", "it offers TLS")
	}
	return reading{known: true, facts: []string{"it offers no TLS"}, defect: true}, nil
}

// mongo says hello; the answer is a document.
func mongo(ctx context.Context, v *visit) (reading, error) {
	document := append([]byte{0, 0, 0, 0, 0x10}, "hello\x00\x01\x00\x00\x00\x02$db\x00\x06\x00\x00\x00admin\x00\x00"...)
	binary.LittleEndian.PutUint32(document, uint32(len(document)))
	message := binary.LittleEndian.AppendUint32(nil, uint32(16+5+len(document)))
	message = binary.LittleEndian.AppendUint32(message, 1)
	message = binary.LittleEndian.AppendUint32(message, 0)
	message = binary.LittleEndian.AppendUint32(message, 2013) // OP_MSG
	message = append(append(message, 0, 0, 0, 0, 0), document...)
	b, err := v.ask(ctx, message, func(b []byte) bool { return len(b) >= 4 && uint64(len(b)) >= uint64(binary.LittleEndian.Uint32(b)) })
	if err != nil || len(b) < 16+5 || binary.LittleEndian.Uint32(b[12:]) != 2013 || !bytes.Contains(b, []byte("maxWireVersion")) {
		return reading{}, err
	}
	return known("")
}

// redis sends PING, which only a server without password answers with PONG.
func redis(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, []byte("*1\r\n$4\r\nPING\r\n"), lines(1))
	switch {
	case err != nil:
		return reading{}, err
	case bytes.HasPrefix(b, []byte("+PONG")):
		return unauthenticated("")
	case bytes.HasPrefix(b, []byte("-NOAUTH")), bytes.HasPrefix(b, []byte("-DENIED")), bytes.HasPrefix(b, []byte("-NOPERM")):
		return known("", "it asks for a password")
	}
	return reading{}, nil
}

// field reads a text of a JSON object, by path; "" when it is not there.
func field(body string, path ...string) string {
	var v any
	if json.NewDecoder(strings.NewReader(body)).Decode(&v) != nil {
		return ""
	}
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	return word([]byte(s))
}

func elasticsearch(ctx context.Context, v *visit) (reading, error) {
	w, err := v.get(ctx, false, "/")
	switch {
	case err != nil:
		return reading{}, err
	case w.status == 200 && w.has(`"cluster_name"`, `"version"`):
		return unauthenticated(field(w.body, "version", "number"))
	case (w.status == 401 || w.status == 403) && w.has("security_exception"):
		return known("", "it asks for sign-in")
	}
	return reading{}, nil
}

// cassandra asks for the options of the native protocol, version 4.
func cassandra(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, []byte{4, 0, 0, 0, 5, 0, 0, 0, 0}, size(9))
	if err != nil || len(b) < 9 || b[0]&0x80 == 0 || b[4] != 6 && b[4] != 0 {
		return reading{}, err
	}
	return known("")
}

func couchDB(ctx context.Context, v *visit) (reading, error) {
	w, err := v.get(ctx, false, "/")
	if err != nil || !w.has(`"couchdb"`) {
		return reading{}, err
	}
	version := field(w.body, "version")
	list, err := v.get(ctx, false, "/_all_dbs")
	if err != nil {
		return reading{}, err
	}
	if list.status == 200 && strings.HasPrefix(strings.TrimSpace(list.body), "[") {
		return unauthenticated(version)
	}
	return known(version, "it asks for sign-in")
}

func influxDB(ctx context.Context, v *visit) (reading, error) {
	w, err := v.get(ctx, false, "/ping")
	if version := w.header.Get("X-Influxdb-Version"); err == nil && version != "" {
		return known(word([]byte(version)))
	}
	return reading{}, err
}

// memcachedHello asks for the version; the protocol has no sign-in here.
var memcachedHello = []byte("version\r\n")

func readMemcached(b []byte) bool { return bytes.HasPrefix(b, []byte("VERSION ")) }

func memcached(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, memcachedHello, lines(1))
	if err != nil || !readMemcached(b) {
		return reading{}, err
	}
	return unauthenticated(word(b))
}

// rootDSE is a search of LDAP for the description of the server itself (RFC 4512
// section 5.1), which servers show to strangers on purpose.
var rootDSE = []byte{0x30, 0x25, 0x02, 0x01, 0x01, 0x63, 0x20, 0x04, 0x00, 0x0a, 0x01, 0x00, 0x0a, 0x01, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x01, 0x01, 0x00,
	0x87, 0x0b, 'o', 'b', 'j', 'e', 'c', 't', 'C', 'l', 'a', 's', 's', 0x30, 0x00}

func ldap(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, rootDSE, size(12))
	if err != nil || !isLDAP(b) {
		return reading{}, err
	}
	return known("", "it answers without TLS")
}

// isLDAP reports whether bytes begin an answer to the search with id 1.
func isLDAP(b []byte) bool {
	if len(b) < 7 || b[0] != 0x30 {
		return false
	}
	head := 2
	if b[1]&0x80 != 0 {
		head += int(b[1] & 0x7f)
	}
	return len(b) > head+3 && bytes.Equal(b[head:head+3], []byte{2, 1, 1}) && slices.Contains([]byte{0x64, 0x65, 0x78}, b[head+3])
}
