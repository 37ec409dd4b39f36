package structure

import (
	"regexp"
	"strings"
)

// mention is one place where a text names an act.
type mention struct {
	start, end int
	id         string
	numbered   bool // named by its number, not by a short name
	union      bool // says that it is an act of the Union: "(EU)", "/EC", a short name
}

// numberedAct matches an act with its number in English, German and French:
// "Implementing Regulation (EU) 2024/2690", "Directive 2009/73/EC",
// "Verordnung (EG) Nr. 300/2008", "règlement d'exécution (UE) 2024/2690".
var numberedAct = regexp.MustCompile(`(?i)\b(?:(?:implementing|delegated|commission|council)\s+)*` +
	`(?:(?:durchführungs|rahmen)?(?:directive|regulation|recommendation|decision|reg\.|dir\.|richtlinie|verordnung|empfehlung|beschluss(?:es)?|r[eè]glement|recommandation|d[eé]cision)[ns]?)` +
	`(?:\s+d['’]ex[eé]cution|\s+d[eé]l[eé]gu[eé]e?)?\s+` +
	`(?:\((?:EU|EC|EEC|UE|CE|CEE|EG|EWG)(?:,\s*Euratom)?\)\s*)?(?:(?:No|Nr\.|n[o°º])\s*)?` +
	`(\d{1,4}/\d{1,4})(?:/(?:EC|EU|EEC|EG|EWG|CE|UE|CEE))?\b`)

// unionMark matches what tells "Regulation (EU) 2016/679" and "Directive
// 2009/73/EC" from a national regulation with a
// number of the same shape.
var unionMark = regexp.MustCompile(`\((?:EU|EC|EEC|UE|CE|CEE|EG|EWG)\b|/(?:EC|EU|EEC|EG|EWG|CE|UE|CEE)$`)

// shortAct matches the usual short names.
var shortAct = regexp.MustCompile(`\b(?:NIS ?2|NIS ?1|GDPR|DSGVO|RGPD|DORA|CRA|Cyber Resilience Act|CER|eIDAS|EECC|CIR|AI Act|TFEU|AEUV|TFUE` +
	`|ePrivacy(?: Directive)?|Implementing Regulation|Durchführungsverordnung|[Rr]èglement d['’]exécution|[Dd]irective|Richtlinie)\b`)

func shortID(name string) string {
	switch strings.ReplaceAll(name, " ", "") {
	case "NIS2":
		return NIS2
	case "NIS1":
		return "2016/1148"
	case "GDPR", "DSGVO", "RGPD":
		return "2016/679"
	case "DORA":
		return "2022/2554"
	case "CRA", "CyberResilienceAct":
		return "2024/2847"
	case "CER":
		return "2022/2557"
	case "eIDAS":
		return "910/2014"
	case "EECC":
		return "2018/1972"
	case "AIAct":
		return "2024/1689"
	case "TFEU", "AEUV", "TFUE":
		return "TFEU"
	}
	switch {
	case strings.HasPrefix(name, "ePrivacy"):
		return "2002/58"
	case strings.HasSuffix(name, "irective"), name == "Richtlinie": // "the directive" is this one
		return NIS2
	}
	return CIR2690
}

// actsIn finds every act that the text names, in order. In a text about national
// law, a number without the mark of the Union is that of a national act.
func actsIn(text, home string) []mention {
	var all []mention
	for _, m := range numberedAct.FindAllStringSubmatchIndex(text, -1) {
		union := unionMark.MatchString(text[m[0]:m[1]])
		all = append(all, mention{m[0], m[1], text[m[2]:m[3]], true, union})
	}
	if home == National {
		for i := range all {
			if !all[i].union {
				all[i].id = National
			}
		}
	}
	numbered := len(all)
	for _, m := range shortAct.FindAllStringIndex(text, -1) {
		inside := false
		for _, n := range all[:numbered] {
			inside = inside || m[0] >= n.start && m[0] < n.end
		}
		if !inside {
			all = append(all, mention{m[0], m[1], shortID(text[m[0]:m[1]]), false, true})
		}
	}
	return all
}

// nationalLaw matches the name of a law of a Member State that stands shortly
// before "Art." in the same clause. The full stop of a German date, as in "Gesetz
// vom 26. April 2024 Art. 98", ends no clause.
var nationalLaw = regexp.MustCompile(`(?:\b(?:Law|Laws|Act|Decree|Gesetz|Loi|Ley|Lov|Legge|Decreto|Royal Decree|RD|Zakon|Zákon|Uredba|Ustawa|Cybersecurity Act|OUG|Order|Ordinance)\b|D\.\s?Lgs\.|DPCM|BSIG|NISG|KSC|ZInfV|BSI-Gesetz)(?:[^;.()]|\d\. (?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)){0,60}$`)
