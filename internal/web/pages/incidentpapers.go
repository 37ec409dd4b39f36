package pages

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"path"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/report/html"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// paperFile is one form in which a report is handed out.
type paperFile struct{ path, key string }

// paperFiles are the files that there are of a report.
func paperFiles(r incident.Report) []paperFile {
	files := []paperFile{{"/paper.pdf", "incidentpapers.files.pdf"}, {"/paper.html", "incidentpapers.files.html"}, {"/sheet.txt", "incidentpapers.files.text"}}
	if r.Sent() {
		files = append(files, paperFile{"/report.json", "incidentpapers.files.json"})
	}
	return files
}

func (s *Site) incidentPaperRoutes(add adder) {
	const report = client + "/incidents/{incident}/reports/{report}"
	for _, f := range paperFiles(incident.Report{Status: incident.Submitted}) {
		add(Client, "GET "+report+f.path, s.incidentPaper)
	}
}

// incidentPaper hands a report out as a file, in the language of its organisation.
func (s *Site) incidentPaper(w http.ResponseWriter, r *http.Request) error {
	p, err := s.incidents.Paper(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), r.PathValue("report"))
	if err != nil {
		return err
	}
	printer := s.messages.Printer(p.Language)
	var b bytes.Buffer
	contentType, name := "application/json", path.Base(r.URL.Path)
	switch name {
	case "paper.pdf":
		contentType, err = "application/pdf", pdf.Write(&b, p.Document(printer))
	case "paper.html":
		contentType, err = "text/html; charset=utf-8", html.Write(&b, p.Document(printer))
	case "sheet.txt":
		contentType = "text/plain; charset=utf-8"
		b.WriteString(p.Text(printer))
	default:
		var frozen []byte
		frozen, err = p.JSON()
		b.Write(frozen)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	guard.Download(w, mime.FormatMediaType("attachment", map[string]string{"filename": p.Name(path.Ext(name)[1:])}))
	w.Header().Set("Content-Type", contentType)
	_, err = w.Write(b.Bytes())
	return err
}
