// Package useragent says in two words with which browser and on which kind of device
// somebody works, from what the browser says of itself. That is for people who look
// at their sessions; nothing is decided by it.
package useragent

import "strings"

// marks are pieces of the text of a browser and what they mean, the more special first:
// most browsers claim to be others as well.
type marks []struct{ piece, means string }

var (
	browsers = marks{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"}, {"FxiOS/", "Firefox"},
		{"Firefox/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chromium"}, {"Safari/", "Safari"}}
	systems = marks{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Macintosh", "macOS"}, {"Linux", "Linux"}}
)

func (m marks) first(text string) string {
	for _, x := range m {
		if strings.Contains(text, x.piece) {
			return x.means
		}
	}
	return ""
}

// Name is browser and system, such as "Firefox · Windows"; what cannot be told stays
// as the program says it.
func Name(text string) string {
	browser, system := browsers.first(text), systems.first(text)
	switch {
	case browser == "":
		return text
	case system == "":
		return browser
	}
	return browser + " · " + system
}
