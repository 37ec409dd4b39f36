package ui

// Link is a place to go.
type Link struct {
	Text, URL string
	Note      string // a second line in small print; only in lists
	Icon      Icon
	Current   bool
	Count     int    // shown behind the text when not 0, for example open tasks
	CountText string // what is counted, for screen readers
}

// Section is a group of links in the navigation.
type Section struct {
	Title string // "" for none
	Links []Link
}

// Switcher leads to the other organisations of the workspace.
type Switcher struct {
	Current string // name of the organisation, or of the workspace
	Links   []Link // a few, the last used first
	All     Link   // the list of all
}

// Person is whoever is signed in.
type Person struct {
	Name, Note string // Note is the role, for example "consultant"
	Links      []Link // account, sign-in and devices
	SignOut    string // address that ends the session, by POST
}

// Flash is what the last action did. With Undo it can be taken back.
type Flash struct {
	Tone Tone
	Text string
	Undo Undo
}

// Undo takes an action back.
type Undo struct {
	Action string            // address, by POST; "" for none
	Fields map[string]string // hidden fields of the form
	Text   string            // "" is "Undo"
	Note   string            // beside the button, for example until when; "" for none
}

// Search is the search of the head of the page and of the command palette.
type Search struct {
	URL   string // page of results; it gets "q", and from the palette "part=results"
	Label string
}

// PageProps describe a page inside of the frame.
type PageProps struct {
	Title     string // of the page; also its first heading unless Bare
	Lead      string // one or two sentences below the title
	Workspace Link   // name of the workspace and its first page
	Logo      string // address of the logo of the workspace; "" for that of the platform
	Accent    string // colour of an organisation as "#rrggbb"; "" for that of the workspace
	Emblem    string // address of the logo of an organisation, beside the title; "" for none
	Nav       []Section
	Switch    Switcher
	Search    Search
	Inbox     Link   // Count is the number of unread messages
	Live      string // address of the events that keep the inbox and the progress of jobs fresh; "" for none
	Person    Person
	Crumbs    []Link // above this page, outermost first
	Flashes   []Flash
	Footer    []Link
	Actions   []ButtonProps // beside the title
	Bare      bool          // the page writes its own heading
	Wide      bool          // the content may take the whole width
}

// documentTitle is the title in the tab of the browser.
func (p PageProps) documentTitle() string {
	if p.Workspace.Text == "" {
		return p.Title + " · Nisaba"
	}
	return p.Title + " · " + p.Workspace.Text + " · Nisaba"
}
