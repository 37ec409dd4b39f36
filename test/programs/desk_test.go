package programs

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/png"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/filing"
)

// deskSteps work as people do on the pages around the assessment: wizard, dossier,
// comments, suggestions, delegations, the board, reports, jobs and settings.
func (w *world) deskSteps() []step {
	var logo bytes.Buffer
	check(w.t, png.Encode(&logo, image.NewGray(image.Rect(0, 0, 8, 8))))
	var workbook []byte
	key := filing.EncodeKey(make([]byte, 32))
	all := func() any {
		return object{"organisations": []string{w.ids["organisation"]}, "deed": "tag", "value": "north"}
	}
	return []step{
		{id: "get-scope", query: "?language=de", keep: "version"},
		{id: "preview-scope", body: object{"unknown": true}},
		{id: "answer-scope", body: object{"unknown": true}, match: true},
		{id: "list-determinations", keep: "determination"}, {id: "compare-determination", swap: "determination"},
		{id: "get-dossiers"}, {id: "record-registration", body: object{"register": "nis2.3.4", "state": "AT", "on": "2026-01-15"}, want: 201},
		{id: "get-dossier-file"}, {id: "get-dossier-file", query: "?format=json"}, {id: "get-dossier-file", query: "?format=docx"}, {id: "get-home"},

		{id: "list-contradictions"}, {id: "list-colleagues"},
		{id: "change-requirements", body: object{"requirements": []string{"cir.2.1.1"}, "act": "assert", "status": "partly", "note": "begun"}},
		{id: "assign", body: func() any { return object{"kind": "requirement", "object": "cir.2.1.1", "person": w.ids["person"]} }, want: 204},
		{id: "list-assignments"},
		{id: "comment", body: object{"text": "Is this so, @Eva?"}, want: 201, keep: "comment"}, {id: "list-comments"},
		{id: "edit-comment", swap: "comment", body: object{"text": "It is."}, want: 204}, {id: "remove-comment", swap: "comment", want: 204},
		{id: "list-lenders"}, {id: "answer-question", body: object{"options": []string{"none"}}},
		{id: "clone-organisation", body: object{"name": "Answered"}, want: 201, keep: "lender"}, {id: "take-answer-back", want: 204},
		{id: "list-suggestions", query: "?lender=x"},
		{id: "accept-suggestions", body: func() any {
			return object{"source": "organisation:" + w.ids["lender"], "questions": []string{"q.backup.exists"}}
		}},
		{id: "dismiss-suggestions", body: object{"source": "evidence"}, want: 404}, // nothing of it is proposed
		{id: "get-workbook"},
		{id: "preview-workbook", body: func() any {
			_, _, workbook = w.send(w.owner, "GET", "/api/v1/organisations/"+w.ids["organisation"]+"/workbook", nil, nil)
			return workbook
		}},
		{id: "preview-workbook", body: []byte("no workbook"), want: 422},
		{id: "apply-workbook", body: func() any {
			return object{"changes": []object{{"question": "q.backup.exists", "options": []string{}, "version": w.version("q.backup.exists")}}}
		}},

		{id: "delegate", body: object{"questions": []string{"q.backup.exists"}, "recipient": "Tom"}, want: 201, keep: "delegation"}, {id: "list-delegations"},
		{id: "withdraw-delegation", swap: "delegation", want: 204},

		{id: "add-task", body: object{"title": "Write it", "state": "todo", "requirements": []string{"cir.2.1.1"}}, want: 201, keep: "task"},
		{id: "get-task", swap: "task", keep: "version"}, {id: "move-task", swap: "task", body: object{"state": "doing"}, match: true, want: 204},
		{id: "change-tasks", body: func() any { return object{"tasks": []string{w.ids["task"], "x"}, "due": "2027-01-01"} }},
		{id: "comment-task", swap: "task", body: object{"text": "When?"}, want: 201}, {id: "list-task-comments", swap: "task"},
		{id: "what-if", query: "?tasks=x,y"},

		{id: "approve", body: object{"subject": "plan", "decision": "waiting"}, want: 201, keep: "approval"}, {id: "get-approval", swap: "approval"},
		{id: "decide-approval", swap: "approval", body: object{"seen": "another", "decision": "approved", "note": "minutes"}, want: 409},
		{id: "decide-approval", swap: "approval", body: func() any { return object{"seen": w.frozen(), "decision": "approved", "note": "minutes"} }, want: 204},

		{id: "keep-snapshot", body: object{"label": "Later"}, want: 204}, {id: "list-snapshots", keep: "snapshot"},
		{id: "compare", query: "?from={snapshot}"}, {id: "get-comparison-file", query: "?from={snapshot}&format=html"},
		{id: "get-pre-assessment"}, {id: "get-pre-assessment", query: "?format=docx"},

		{id: "get-portfolio"}, {id: "list-organisations", query: "?sort=score&descending=true&text=a"},
		{id: "save-view", body: object{"name": "Behind", "query": "behind=yes"}, want: 201, keep: "view"}, {id: "list-views"},
		{id: "remove-view", swap: "view", want: 204},
		{id: "change-organisations", body: all, want: 202}, {id: "undo-bulk", body: func() any { return object{"organisations": []string{w.ids["organisation"]}, "mark": "bulk x"} }, want: 202},
		{id: "import-organisations", body: object{"files": []object{{"name": "clients.csv", "data": base64.StdEncoding.EncodeToString([]byte("name\nBäckerei\n"))}}}, want: 202},
		{id: "refresh-all", want: 202, keep: "job"}, {id: "list-jobs"}, {id: "get-job", swap: "job"},
		{id: "cancel-job", swap: "job", want: 204}, {id: "retry-job", swap: "job", want: 204},
		{id: "invite", body: object{"role": "auditor", "email": "x@example.org"}, want: 201},

		{id: "order-report", body: object{"format": "json"}, want: 202},
		{id: "list-reports", body: func() any { w.work(); return nil }, keep: "kept"}, {id: "download-report", swap: "kept"},
		{id: "set-monthly-report", body: object{"formats": []string{"pdf", "html", "docx"}, "mail": true}, want: 204}, {id: "get-monthly-report"}, {id: "stop-monthly-report", want: 204},
		{id: "list-messages", keep: "message"}, {id: "resend-message", swap: "message", want: 204},
		{id: "list-notices"}, {id: "mark-read", body: object{}, want: 204}, {id: "get-notice-choices"}, {id: "list-calendars"},
		{id: "scan-file", swap: "file"},

		{id: "add-asset", body: object{"name": "Mail", "kind": "service", "hosts": []string{"mail.invalid"}, "ports": "25, 587"}, want: 201, keep: "asset"},
		{id: "add-asset", body: object{"name": "Mail"}, want: 422}, {id: "list-assets"}, {id: "get-asset", swap: "asset", keep: "version"},
		{id: "change-asset", swap: "asset", body: object{"name": "Mail", "hosts": []string{"mail.invalid"}}, match: true, want: 204},
		{id: "import-assets", body: object{"table": "name,kind\nFiles,server\n"}}, {id: "scan-assets", body: object{"hosts": []string{"mail.invalid"}}, want: 204}, {id: "remove-asset", swap: "asset", want: 204},
		{id: "add-supplier", body: object{"name": "Host", "domains": []string{"nothing.invalid"}}, want: 201, keep: "supplier"}, {id: "list-suppliers"}, {id: "get-supplier", swap: "supplier", keep: "version"},
		{id: "change-supplier", swap: "supplier", body: object{"name": "Host", "domains": []string{"nothing.invalid"}, "review_by": "2027-01-31"}, match: true, want: 204},
		{id: "list-supplier-exposures"}, {id: "get-supplier-exposure", swap: "supplier"}, {id: "list-shared-suppliers"}, {id: "set-supplier-plan", body: object{"weekly": true}, want: 204},
		{id: "prepare-supplier-consent", swap: "supplier", want: 204}, {id: "check-supplier-again", swap: "supplier", want: 404}, {id: "get-supplier-file", swap: "supplier", want: 404},
		{id: "ask-supplier", swap: "supplier", body: object{"address": "security@nothing.invalid", "language": "de"}, want: 204},
		{id: "task-of-supplier", swap: "supplier", want: 409}, {id: "risk-of-supplier", swap: "supplier", want: 409}, {id: "file-supplier-scan", swap: "supplier", want: 409},
		{id: "stop-supplier-scan", swap: "supplier", want: 409}, {id: "scan-supplier", swap: "supplier", want: 204}, {id: "remove-supplier", swap: "supplier", want: 204},
		{id: "add-risk", body: object{"title": "Flood", "likelihood": 2, "impact": 4}, want: 201, keep: "risk"}, {id: "list-risks"}, {id: "get-risk", swap: "risk", keep: "version"},
		{id: "change-risk", swap: "risk", body: object{"title": "Flood", "likelihood": 2, "impact": 5}, match: true, want: 204},
		{id: "close-risk", swap: "risk", body: object{"closed": true}, want: 204}, {id: "remove-risk", swap: "risk", want: 204},
		{id: "add-scan-target", body: object{"declared": "nothing.invalid"}, want: 204}, {id: "list-scan-targets", keep: "target"},
		{id: "prove-scan-target", swap: "target", body: object{"until": time.Now().AddDate(0, 1, 0).Format(time.DateOnly)}, want: 422},
		{id: "start-scan", want: 409}, {id: "stop-scan", want: 409}, {id: "check-again", swap: "target", want: 404}, {id: "check-everywhere-again", swap: "target", want: 404}, {id: "task-of-check", swap: "target", want: 404}, {id: "risk-of-check", swap: "target", want: 404}, {id: "file-scan", want: 409},
		{id: "set-scan-plan", body: object{"weekly": true, "exclude": []string{"192.0.2.7"}}, want: 204}, {id: "get-exposure"}, {id: "list-exposures"}, {id: "list-findings"},
		{id: "get-exposure-file", want: 404}, {id: "remove-scan-target", swap: "target", want: 204},
		{id: "connect-authority", body: object{"authority": "CERT", "url": "https://nis.example.org", "authority_key": key}, want: 201, keep: "way"},
		{id: "list-authorities"}, {id: "register-with-authority", swap: "way", body: object{"code": "abc"}, want: 204}, {id: "disconnect-authority", swap: "way", want: 204},
		{id: "get-incident-paper"}, {id: "get-incident-paper", query: "?format=text"},
		{id: "list-checklists", want: 404}, {id: "mark-checklist-point", body: object{"status": "met", "version": 0}, want: 404},
		{id: "list-supervision", want: 404}, {id: "add-supervision-line", body: object{"kind": "note", "title": "Called"}, want: 404},
		{id: "finish-supervision-line", swap: "way", body: object{"outcome": "mended"}, want: 404},
		{id: "add-supervision-file", swap: "way", query: "?name=a.pdf", body: []byte("%PDF-"), want: 404},
		{id: "list-authority-reports", want: 404}, {id: "get-authority-case", want: 404}, {id: "get-authority-report", want: 404}, {id: "take-authority-report", body: []byte("%PDF-"), want: 404},
		{id: "review-authority-report", body: object{"verdict": "passed"}, want: 404}, {id: "tell-entity", body: object{"kind": "decision", "text": "x"}, want: 404}, {id: "add-authority-remark", body: object{"text": "x"}, want: 404},
		{id: "assign-authority-case", body: object{"person": ""}, want: 404}, {id: "set-authority-case-state", body: object{"state": "closed"}, want: 404}, // TestOfficersByProgram
		{id: "get-supervision-file", swap: "way", want: 404}, {id: "remove-supervision-file", swap: "way", want: 404}, // this is no authority: TestSupervisionFiles
		{id: "get-binder"}, {id: "refresh-binder", want: 204}, {id: "mail-binder", body: object{"receivers": []string{"vault@example.net"}}, want: 204},
		{id: "get-binder-copy", want: 404},

		{id: "set-workspace-logo", body: logo.Bytes(), want: 204}, {id: "get-workspace-logo"},
		{id: "set-workspace-logo", body: []byte("<svg onload=alert(1)>"), want: 422},
		{id: "set-workspace-logo", body: []byte{}, want: 422}, {id: "remove-workspace-logo", want: 204}, {id: "get-workspace-logo", want: 404},
		{id: "set-logo", body: logo.Bytes(), want: 204}, {id: "get-logo"}, {id: "remove-logo", want: 204}, {id: "get-logo", want: 404},
		{id: "set-logo", body: logo.Bytes(), want: 204}, {id: "get-brand", keep: "version"},
		{id: "set-brand", body: object{"colour": "#AA3311", "prepared_by": "Werk"}, match: true, want: 204},
		{id: "get-workspace", keep: "version"},
		{id: "set-workspace", body: object{"name": "Seewinkel", "kind": "provider", "language": "de", "zone": "Europe/Vienna", "colour": "#1d5b79"}, match: true, want: 204},
		{id: "get-workspace", keep: "version"},
		{id: "set-policy", body: object{"require_mfa": false, "session_hours": 8}, match: true, want: 204},
	}
}

// version is that of an answer, as the workbook's preview would say it.
func (w *world) version(question string) int {
	_, _, b := w.send(w.owner, "GET", "/api/v1/organisations/"+w.ids["organisation"]+"/history?kind=answer&object="+w.ids["organisation"]+"/"+question, nil, nil)
	var page struct {
		Items []struct {
			After struct{ Version int }
		}
	}
	check(w.t, json.Unmarshal(b, &page))
	if len(page.Items) == 0 {
		w.t.Fatalf("nobody answered %s: %s", question, b)
	}
	return page.Items[0].After.Version
}

// frozen is the hash of the version that the approval asks for.
func (w *world) frozen() string {
	_, _, b := w.send(w.owner, "GET", "/api/v1/organisations/"+w.ids["organisation"]+"/approvals/"+w.ids["approval"], nil, nil)
	var x struct{ SHA256 string }
	check(w.t, json.Unmarshal(b, &x))
	return x.SHA256
}

// work lets the server do its jobs, and try to send its mails.
func (w *world) work() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.site.Server.Work(ctx) }()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		_, _, b := w.send(w.owner, "GET", "/api/v1/jobs", nil, nil)
		_, _, m := w.send(w.owner, "GET", "/api/v1/messages", nil, nil)
		if text := string(b); !strings.Contains(text, `"waiting"`) && !strings.Contains(text, `"running"`) && strings.Contains(string(m), `"held"`) {
			break
		}
	}
	stop()
	check(w.t, <-ended)
}
