package locale_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
)

// TestCite: the way of each language, as its Official Journal cites.
func TestCite(t *testing.T) {
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ en, de, fr string }{
		{"Directive (EU) 2022/2555 Art. 23(4)(a)", "Richtlinie (EU) 2022/2555 Art. 23 Abs. 4 Buchst. a", "Directive (UE) 2022/2555, art. 23, par. 4, point a)"},
		{"Directive (EU) 2022/2555 Art. 23(4)(d)(ii)", "Richtlinie (EU) 2022/2555 Art. 23 Abs. 4 Buchst. d Ziffer ii", "Directive (UE) 2022/2555, art. 23, par. 4, point d) ii)"},
		{"Directive (EU) 2022/2555 Art. 23(1), (2)", "Richtlinie (EU) 2022/2555 Art. 23 Abs. 1, Abs. 2", "Directive (UE) 2022/2555, art. 23, par. 1, par. 2"},
		{"Directive (EU) 2022/2555 Art. 23(4), second subparagraph", "Richtlinie (EU) 2022/2555 Art. 23 Abs. 4 Unterabs. 2", "Directive (UE) 2022/2555, art. 23, par. 4, deuxième alinéa"},
		{"Directive (EU) 2022/2555 Art. 23(1), second sentence, and (2)", "Richtlinie (EU) 2022/2555 Art. 23 Abs. 1 Satz 2, und Abs. 2", "Directive (UE) 2022/2555, art. 23, par. 1, deuxième phrase, et par. 2"},
		{"Directive (EU) 2022/2555 Arts. 23 and 30", "Richtlinie (EU) 2022/2555 Art. 23 und 30", "Directive (UE) 2022/2555, art. 23 et 30"},
		{"Directive (EU) 2022/2555, Annex I, point 8, 4th indent", "Richtlinie (EU) 2022/2555, Anhang I, Nummer 8, 4. Gedankenstrich", "Directive (UE) 2022/2555, annexe I, point 8, 4e tiret"},
		{"Implementing Regulation (EU) 2024/2690, Annex, point 3.2.3(b)", "Durchführungsverordnung (EU) 2024/2690, Anhang, Nummer 3.2.3 Buchst. b", "Règlement d’exécution (UE) 2024/2690, annexe, point 3.2.3 b)"},
		{"Directive (EU) 2022/2555 Art. 23(4); Implementing Regulation (EU) 2024/2690 recital 31", "Richtlinie (EU) 2022/2555 Art. 23 Abs. 4; Durchführungsverordnung (EU) 2024/2690 Erwägungsgrund 31", "Directive (UE) 2022/2555, art. 23, par. 4 ; règlement d’exécution (UE) 2024/2690, considérant 31"},
		{"Regulation (EU) 2022/2554 Art. 19(4)(a); Delegated Regulation (EU) 2025/301 Art. 5(1)(a)", "Verordnung (EU) 2022/2554 Art. 19 Abs. 4 Buchst. a; Delegierte Verordnung (EU) 2025/301 Art. 5 Abs. 1 Buchst. a", "Règlement (UE) 2022/2554, art. 19, par. 4, point a) ; règlement délégué (UE) 2025/301, art. 5, par. 1, point a)"},
		{"Regulation (EU) No 910/2014 Art. 24(2)(fb)", "Verordnung (EU) Nr. 910/2014 Art. 24 Abs. 2 Buchst. fb", "Règlement (UE) nº 910/2014, art. 24, par. 2, point fb)"},
		{"Directive 2002/58/EC Art. 4(3)", "Richtlinie 2002/58/EG Art. 4 Abs. 3", "Directive 2002/58/CE, art. 4, par. 3"},
		{"Directive (EU) 2022/2555, consolidated text of 27 December 2022, with the corrigendum of 22 December 2023", "Richtlinie (EU) 2022/2555, konsolidierte Fassung vom 27. Dezember 2022, mit der Berichtigung vom 22. Dezember 2023", "Directive (UE) 2022/2555, texte consolidé du 27 décembre 2022, avec le rectificatif du 22 décembre 2023"},
		{"Directive (EU) 2022/2555, consolidated text 02022L2555-20221227", "Richtlinie (EU) 2022/2555, konsolidierte Fassung 02022L2555-20221227", "Directive (UE) 2022/2555, texte consolidé 02022L2555-20221227"},
		{"Directive (EU) 2022/2555, Annexes I and II", "Richtlinie (EU) 2022/2555, Anhänge I und II", "Directive (UE) 2022/2555, annexes I et II"},
		{"Commentary on the national act", "Fachliteratur zum nationalen Gesetz", "Commentaire de la loi nationale"},
		{"Commentary on § 33 BSIG", "Fachliteratur zu § 33 BSIG", "Commentaire sur § 33 BSIG"},
		{"Guidance of the BSI", "Hinweise: BSI", "Recommandations : BSI"},
		{"ANSSI and commentary", "ANSSI und Fachliteratur", "ANSSI et commentaire"},
		{"Not stated in the sources read", "In den gelesenen Quellen nicht genannt", "Non indiqué dans les sources lues"},
		{"Law of 26 April 2024 Art. 98", "Gesetz vom 26. April 2024 Art. 98", "Loi du 26 avril 2024, art. 98"},
		{"Commentary on the national act; the 2027 date is not confirmed", "Fachliteratur zum nationalen Gesetz; der Zeitpunkt 2027 ist nicht bestätigt", "Commentaire de la loi nationale ; la date de 2027 n’est pas confirmée"},
		{"KSC Act Art. 8 and Annex 4", "KSC-Gesetz Art. 8 und Anhang 4", "Loi KSC, art. 8 et annexe 4"},
		{"Nacionālās kiberdrošības likums Art. 34(2)–(3)", "Nacionālās kiberdrošības likums Art. 34 Abs. 2–3", "Nacionālās kiberdrošības likums, art. 34, par. 2–3"},
		{"Regulation (EU) 2016/679 Art. 33(3)(a), where possible", "Verordnung (EU) 2016/679 Art. 33 Abs. 3 Buchst. a, soweit möglich", "Règlement (UE) 2016/679, art. 33, par. 3, point a), si possible"},
		{"Art. 33(2)(b)", "Art. 33 Abs. 2 Buchst. b", "Art. 33, par. 2, point b)"},
		{"§ 33 BSIG", "§ 33 BSIG", "§ 33 BSIG"},
		{"", "", ""},
	} {
		for language, want := range map[string]string{"en": tc.en, "de": tc.de, "fr": tc.fr} {
			if got := messages.Printer(language).Cite(tc.en); got != want {
				t.Errorf("%s: %q\n got %q\nwant %q", language, tc.en, got, want)
			}
		}
	}
}
