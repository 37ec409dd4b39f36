// Package law holds the vocabulary that every legal package shares: three-valued
// truth, calendar days, the classes of NIS2, messages that a face translates,
// and the source behind a legal statement. It is pure: no files, no network,
// no clock.
package law

// Class is the outcome of the scope test of Directive (EU) 2022/2555 Arts. 2 and 3.
type Class string

// The classes. Depends is the answer while an unknown fact decides.
const (
	Essential        Class = "essential"         // Art. 3(1)
	Important        Class = "important"         // Art. 3(2)
	RegistrationOnly Class = "registration_only" // Art. 2(4) only: domain-name registration services
	Out              Class = "out"               // the directive does not apply
	Depends          Class = "depends"           // an unknown fact decides
)

// Rank orders the decided classes by strictness: out 0, registration_only 1,
// important 2, essential 3. Depends has no rank and returns -1.
func (c Class) Rank() int {
	switch c {
	case Out:
		return 0
	case RegistrationOnly:
		return 1
	case Important:
		return 2
	case Essential:
		return 3
	}
	return -1
}

// Size is the enterprise size of Recommendation 2003/361/EC. Empty means that
// the figures do not decide it.
type Size string

// The sizes, smallest first. Large means: exceeds the ceilings of a medium enterprise.
const (
	Micro  Size = "micro"
	Small  Size = "small"
	Medium Size = "medium"
	Large  Size = "large"
)

// Confidence says how well a legal fact was verified.
type Confidence string

// The degrees of confidence, strongest first. A face must show every degree but
// Verified to its reader.
const (
	Verified   Confidence = "verified"   // read in the official text
	Act        Confidence = "act"        // clause of a national act, read by a source that cites it
	Guidance   Confidence = "guidance"   // page or form of an authority
	Secondary  Confidence = "secondary"  // commentary
	Unverified Confidence = "unverified" // not confirmed by a source
)

// Source is where a legal statement comes from and when it was checked.
type Source struct {
	Title      string     `json:"title" yaml:"title"`
	URL        string     `json:"url,omitempty" yaml:"url,omitempty"`
	Checked    Date       `json:"checked" yaml:"checked"`
	Confidence Confidence `json:"confidence" yaml:"confidence"`
}

// Message is a sentence for people: a key of the message catalogue with its
// arguments. Pure packages return messages; a face renders them in a language.
type Message struct {
	Key  string `json:"key"`
	Args []Arg  `json:"args,omitempty"`
}

// Arg is one named argument of a Message. Value is a string, an integer, a
// float64, a Date, a []string or another Message.
type Arg struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// Say builds a message from a key and name, value pairs.
func Say(key string, nameValue ...any) Message {
	m := Message{Key: key}
	if n := len(nameValue) / 2; n > 0 {
		m.Args = make([]Arg, 0, n)
	}
	for i := 0; i+1 < len(nameValue); i += 2 {
		m.Args = append(m.Args, Arg{Name: nameValue[i].(string), Value: nameValue[i+1]})
	}
	return m
}
