package programs

import (
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/test/platform"
)

// Why a page has no operation.
const (
	person  = "no: people prove who they are on pages, in a browser"
	own     = "no: what is the person's own is changed by the person; a token may have fewer rights"
	link    = "no: for the holder of a link, who has no token"
	form    = "no: a form; the operations behind it are those of its route that changes something"
	about   = "no: words about the program"
	table   = "no: the table of a page as a spreadsheet; its list is an operation"
	looks   = "no: how pages look in one browser"
	entity  = "no: for entities without an account, who confirm by mail"
	printed = "no: to be printed and kept on paper; get-incident-paper and the clocks have the parts"
	senders = "no: the address to which signals are sent is a secret, which a person takes from a page"
)

const org = "/organisations/{organisation}"

const supplier = org + "/suppliers/{supplier}/exposure"

const deskCase = "/authority/cases/{case}"

const handling = org + "/incidents/{incident}/handling"

// operationsOf says for each page which operations do the same, or why none does.
// Every route of the pages stands here, so that none is forgotten.
func operationsOf() map[string]string {
	return map[string]string{
		"GET /start": person, "POST /start": person, "GET /sign-in": person, "POST /sign-in": person, "POST /sign-out": person,
		"GET /forgot": person, "POST /forgot": person, "GET /reset/{token}": person, "POST /reset/{token}": person,
		"POST /sign-in/passkey": person, "POST /sign-in/passkey/options": person, "GET /enter/{token}": person,
		"GET /step-up": person, "POST /step-up": person, "POST /step-up/passkey": person, "POST /step-up/passkey/options": person,
		"GET /join/{token}": person, "POST /join/{token}": person,
		"GET /account": person, "POST /account/password": person, "POST /account/factor": person, "POST /account/factor/remove": person,
		"POST /account/sessions/revoke": person, "POST /account/sessions/revoke-others": person, "POST /account/passkeys": person,
		"POST /account/passkeys/options": person, "POST /account/passkeys/remove": person, "POST /account/passkeys/rename": person, "GET /account/passkeys/{passkey}": person, "POST /account/recovery": person, "GET /account/erase": person, "POST /account/erase": person,
		"GET /workspaces": own, "POST /workspaces": own, "POST /workspaces/new": own, "POST /workspaces/leave": own,
		"GET /account/notices": "get-notice-choices", "POST /account/notices": own,
		"GET /account/calendar": "list-calendars", "POST /account/calendar": own, "POST /account/calendar/withdraw": own, "GET /feed/{file}": link,
		"GET /unsubscribe/{token}": link, "POST /unsubscribe/{token}": link,
		"GET /answer/{token}": link, "POST /answer/{token}/save": link, "POST /answer/{token}/hand-in": link, "GET /answered": link,
		"GET /about": about, "POST /theme": looks, "GET /api": about, "GET /events": "listen",

		"GET /inbox": "list-notices", "POST /inbox/read": "mark-read",
		"GET /settings": "get-workspace", "POST /settings": "set-workspace", "POST /settings/logo": "set-workspace-logo", "POST /settings/logo/remove": "remove-workspace-logo", "GET /logo": "get-workspace-logo",
		"GET /settings/policy": "get-workspace", "POST /settings/policy": "set-policy",
		"GET /settings/tokens": "list-tokens", "POST /settings/tokens": person, "POST /settings/tokens/revoke": person,
		"GET /members": "list-members list-invitations", "POST /members/invite": "invite", "POST /members/role": "change-role",
		"POST /members/withdraw": "withdraw-invitation", "POST /members/reset": person,
		"GET /jobs": "list-jobs list-messages", "GET /jobs/{job}": "get-job", "POST /jobs/retry": "retry-job", "POST /jobs/cancel": "cancel-job",
		"POST /jobs/resend": "resend-message", "POST /jobs/refresh": "refresh-all",
		"GET /organisations/import-many": form, "POST /organisations/import-many": "import-organisations",
		"GET /organisations/new": form, "POST /organisations": "create-organisation", "POST /organisations/import": "import-organisation",
		"GET /{$}": "list-organisations get-portfolio", "GET /portfolio.csv": table, "POST /portfolio/bulk": "change-organisations", "POST /portfolio/undo": "undo-bulk",
		"POST /views": "save-view list-views", "POST /views/remove": "remove-view", "GET /templates": "list-organisations-aside",
		"GET /search":          "search",
		"POST /intake/{token}": link, "GET " + org + "/signals": senders, "POST " + org + "/signals": senders, "POST " + org + "/signals/revoke": senders,
		"GET " + org + "/incidents/{incident}/signals/{signal}": senders,
		"GET " + org + "/binder":                                "get-binder", "GET " + org + "/binder.pdf": printed, "GET " + org + "/binder.html": printed,
		"GET " + org + "/binder/copies/{copy}": "get-binder-copy", "POST " + org + "/binder/refresh": "refresh-binder", "POST " + org + "/binder/mail": "mail-binder",

		"GET " + org: "get-home get-organisation", "GET " + org + "/manage": "get-organisation get-brand", "POST " + org + "/clone": "clone-organisation",
		"POST " + org + "/as-template": "change-organisation", "POST " + org + "/archive": "change-organisation", "POST " + org + "/kind": "change-organisation",
		"POST " + org + "/tags": "change-organisation", "POST " + org + "/name": "change-organisation", "POST " + org + "/brand": "set-brand", "POST " + org + "/logo": "set-logo", "POST " + org + "/logo/remove": "remove-logo", "GET " + org + "/logo": "get-logo", "GET " + org + "/pre-assessment": "list-questions list-requirements", "POST " + org + "/pre-assessment": "answer-question",
		"GET " + org + "/pre-assessment.pdf": "get-pre-assessment", "GET " + org + "/pre-assessment.docx": "get-pre-assessment",
		"GET " + org + "/facts": "get-facts", "POST " + org + "/facts": "set-facts", "POST " + org + "/determine": "determine",
		"GET " + org + "/scope": "get-scope", "POST " + org + "/scope": "answer-scope", "POST " + org + "/scope/preview": "preview-scope",
		"GET " + org + "/scope/result": "list-determinations compare-determination",
		"GET " + org + "/registration": "get-dossiers", "POST " + org + "/registration/data": "set-facts", "POST " + org + "/registration/record": "record-registration",
		"GET " + org + "/registration.pdf": "get-dossier-file", "GET " + org + "/registration.docx": "get-dossier-file", "GET " + org + "/registration.json": "get-dossier-file",
		"GET " + org + "/questions": "list-questions", "POST " + org + "/questions/{question}": "answer-question take-answer-back",
		"GET " + org + "/requirements":         "list-requirements get-requirement list-assignments list-comments list-contradictions list-colleagues",
		"POST " + org + "/requirements/answer": "answer-question", "POST " + org + "/requirements/assign": "assign",
		"POST " + org + "/requirements/assert": "assert-status take-assertion-back", "POST " + org + "/requirements/exception": "put-exception",
		"POST " + org + "/requirements/exception/remove": "remove-exception", "POST " + org + "/requirements/comment": "comment",
		"POST " + org + "/requirements/comment/edit": "edit-comment", "POST " + org + "/requirements/comment/remove": "remove-comment",
		"POST " + org + "/requirements/undo": "undo", "POST " + org + "/requirements/batch": "change-requirements", "GET " + org + "/requirements.csv": table,
		"GET " + org + "/suggestions": "list-suggestions list-lenders", "POST " + org + "/suggestions/accept": "accept-suggestions",
		"POST " + org + "/suggestions/dismiss": "dismiss-suggestions", "POST " + org + "/suggestions/undo": "undo-bulk",
		"GET " + org + "/delegations": "list-delegations", "POST " + org + "/delegations": "delegate", "POST " + org + "/delegations/withdraw": "withdraw-delegation",
		"GET " + org + "/workbook": form, "GET " + org + "/workbook/export": "get-workbook", "POST " + org + "/workbook": "preview-workbook",
		"POST " + org + "/workbook/apply": "apply-workbook",

		"GET " + org + "/evidence": "list-evidence list-files", "POST " + org + "/evidence": "add-evidence upload-file", "GET " + org + "/evidence/new": form,
		"GET " + org + "/evidence/piece": "get-evidence", "GET " + org + "/evidence/edit": form, "POST " + org + "/evidence/edit": "change-evidence",
		"GET " + org + "/evidence/replace": form, "POST " + org + "/evidence/remove": "remove-evidence", "POST " + org + "/evidence/scan": "scan-file",
		"GET " + org + "/evidence.csv": table, "GET " + org + "/files/{file}": "download-file",

		"GET " + org + "/plan": "list-tasks", "GET " + org + "/plan/adopt": form, "POST " + org + "/plan/adopt": "adopt-plan", "GET " + org + "/plan/what-if": "what-if",
		"GET " + org + "/plan/tasks/new": form, "POST " + org + "/plan/tasks": "add-task", "GET " + org + "/plan/tasks/{task}": "get-task list-task-comments",
		"POST " + org + "/plan/tasks/{task}": "change-task", "POST " + org + "/plan/tasks/{task}/remove": "remove-task",
		"POST " + org + "/plan/tasks/{task}/comments": "comment-task", "POST " + org + "/plan/tasks/{task}/comments/remove": "remove-comment",
		"POST " + org + "/plan/move": "move-task", "POST " + org + "/plan/bulk": "change-tasks",

		"GET " + org + "/board": "list-approvals list-trainings get-home", "POST " + org + "/board/request": "approve",
		"GET " + org + "/board/approvals/{approval}": "get-approval", "GET " + org + "/board/approvals/{approval}/version.json": "get-approval",
		"POST " + org + "/board/approvals/{approval}": "decide-approval", "POST " + org + "/board/trainings": "add-training change-training",
		"POST " + org + "/board/trainings/remove": "remove-training",
		"GET " + org + "/compare":                 "compare list-snapshots get-snapshot", "GET " + org + "/compare/{file}": "get-comparison-file", "POST " + org + "/snapshots": "keep-snapshot",
		"GET " + org + "/reports": "list-reports get-monthly-report", "POST " + org + "/reports": "order-report set-monthly-report",
		"GET " + org + "/reports/{report}": "download-report", "POST " + org + "/reports/stop": "stop-monthly-report",
		"GET " + org + "/report.html": "get-report", "GET " + org + "/report.pdf": "get-report", "GET " + org + "/report.docx": "get-report", "GET " + org + "/assessment.json": "get-assessment",

		"GET " + org + "/history": "get-history", "POST " + org + "/undo": "undo", "POST " + org + "/restore": "restore",
		"GET /ledger": "list-entries get-ledger-standing", "GET /ledger/check": "verify-ledger", "GET /ledger/export.csv": table, "GET /ledger/export.jsonl": "export-ledger",
		"GET /ledger/growth.json": "prove-growth", "GET /ledger/stamp.zip": "get-ledger-standing", "GET /ledger/{entry}": "get-entry", "GET /ledger/{entry}/proof.json": "prove-entry",

		"GET /exposure/suppliers": "list-shared-suppliers", "GET " + supplier: "get-supplier-exposure list-supplier-exposures", "GET " + supplier + "/checks/{check}": "get-supplier-exposure",
		"GET " + supplier + "/files/{format}": "get-supplier-file", "POST " + supplier + "/scan": "scan-supplier", "POST " + supplier + "/stop": "stop-supplier-scan", "POST " + supplier + "/rescan": "check-supplier-again",
		"POST " + supplier + "/task": "task-of-supplier", "POST " + supplier + "/risk": "risk-of-supplier", "POST " + supplier + "/evidence": "file-supplier-scan",
		"POST " + supplier + "/request": "ask-supplier", "POST " + supplier + "/targets": "prepare-supplier-consent", "POST " + supplier + "/targets/prove": "prove-scan-target",
		"POST " + supplier + "/targets/remove": "remove-scan-target", "POST " + supplier + "/targets/letter": person, "POST " + supplier + "/targets/approve": person,
		"POST " + org + "/suppliers-plan": "set-supplier-plan",

		"GET /exposure": "list-exposures", "GET " + org + "/exposure": "get-exposure", "GET " + org + "/exposure/checks/{check}": "list-findings",
		"GET " + org + "/exposure/files/{format}": "get-exposure-file", "POST " + org + "/exposure/scan": "start-scan", "POST " + org + "/exposure/stop": "stop-scan", "POST " + org + "/exposure/rescan": "check-again check-everywhere-again",
		"POST " + org + "/exposure/task": "task-of-check", "POST " + org + "/exposure/evidence": "file-scan", "POST " + org + "/exposure/plan": "set-scan-plan",
		"GET " + org + "/exposure/targets": "list-scan-targets", "POST " + org + "/exposure/targets": "add-scan-target",
		"POST " + org + "/exposure/targets/prove": "prove-scan-target", "POST " + org + "/exposure/targets/remove": "remove-scan-target",
		"POST " + org + "/exposure/targets/letter": person, "POST " + org + "/exposure/targets/approve": person,

		"POST " + org + "/exposure/risk": "risk-of-check", "POST " + org + "/exposure/targets/hosts": "scan-assets",
		"GET " + org + "/assets": "list-assets", "GET " + org + "/assets.csv": table, "GET " + org + "/assets/new": form, "POST " + org + "/assets/import": "import-assets",
		"GET " + org + "/assets/{asset}": "get-asset", "POST " + org + "/assets": "add-asset", "POST " + org + "/assets/{asset}": "change-asset", "POST " + org + "/assets/{asset}/remove": "remove-asset",
		"GET " + org + "/suppliers": "list-suppliers", "GET " + org + "/suppliers/new": form, "GET " + org + "/suppliers/{supplier}": "get-supplier", "POST " + org + "/suppliers": "add-supplier",
		"POST " + org + "/suppliers/{supplier}": "change-supplier", "POST " + org + "/suppliers/{supplier}/remove": "remove-supplier",
		"GET " + org + "/risks": "list-risks", "GET " + org + "/risks/new": form, "GET " + org + "/risks/{risk}": "get-risk", "POST " + org + "/risks": "add-risk", "POST " + org + "/risks/{risk}": "change-risk",
		"POST " + org + "/risks/{risk}/remove": "remove-risk", "POST " + org + "/risks/{risk}/close": "close-risk",

		"GET " + org + "/authorities": "list-authorities", "POST " + org + "/authorities": "connect-authority",
		"POST " + org + "/authorities/register": "register-with-authority", "POST " + org + "/authorities/remove": "disconnect-authority",
		"GET /incidents": "list-incidents", "GET /report": form, "GET " + org + "/incidents": "list-incidents", "GET " + org + "/incidents/new": form,
		"POST " + org + "/incidents": "report-incident", "GET " + org + "/incidents/{incident}": "get-incident judge-incident",
		"POST " + org + "/incidents/{incident}/state": "triage-incident", "POST " + org + "/incidents/{incident}/criteria": "set-incident-criterion",
		"POST " + org + "/incidents/{incident}/inputs": "set-incident-fact", "POST " + org + "/incidents/{incident}/entries": "add-incident-line",
		"POST " + org + "/incidents/{incident}/times": "set-incident-time set-obligation-time", "POST " + org + "/incidents/{incident}/decide": "decide-incident",
		"POST " + org + "/incidents/{incident}/propose": "propose-obligations", "POST " + org + "/incidents/{incident}/oblige": "add-obligation",
		"POST " + org + "/incidents/{incident}/applies": "apply-obligation", "POST " + org + "/incidents/{incident}/reports": "begin-report",
		"GET " + org + "/incidents/{incident}/reports/{report}": "get-incident-report", "POST " + org + "/incidents/{incident}/reports/{report}": "set-report-field",
		"POST " + org + "/incidents/{incident}/reports/{report}/approve": "approve-report", "POST " + org + "/incidents/{incident}/reports/{report}/withdraw": "withdraw-report",
		"POST " + org + "/incidents/{incident}/reports/{report}/submit": "submit-report", "POST " + org + "/incidents/{incident}/reports/{report}/receive": "receive-answer",
		"POST " + org + "/incidents/{incident}/answers": "answer-authority list-correspondence", "POST " + org + "/incidents/{incident}/fetch": "fetch-correspondence",
		"GET " + org + "/supervision": "list-supervision", "POST " + org + "/supervision/acts": "add-supervision-line", "POST " + org + "/supervision/done": "finish-supervision-line",
		"GET /authority": "list-authority-reports", "GET " + deskCase: "get-authority-case", "GET " + deskCase + "/reports/{report}": "get-authority-report",
		"POST " + deskCase + "/say": "tell-entity add-authority-remark", "POST " + deskCase + "/take": "assign-authority-case", "POST " + deskCase + "/state": "set-authority-case-state",
		"POST " + deskCase + "/review": "review-authority-report", "POST " + org + "/supervision/report": "take-authority-report",
		"POST " + org + "/supervision/files": "add-supervision-file", "POST " + org + "/supervision/files/remove": "remove-supervision-file", "GET " + org + "/supervision/files/{file}": "get-supervision-file",
		"GET /register/{workspace}": entity, "POST /register/{workspace}": entity, "GET /register/{workspace}/{token}": entity, "POST /register/{workspace}/{token}": entity,
		"GET " + org + "/incidents/{incident}/reports/{report}/paper.pdf":   "get-incident-paper",
		"GET " + org + "/incidents/{incident}/reports/{report}/paper.html":  "get-incident-paper",
		"GET " + org + "/incidents/{incident}/reports/{report}/sheet.txt":   "get-incident-paper",
		"GET " + org + "/incidents/{incident}/reports/{report}/report.json": "get-incident-paper",

		"GET " + handling: "get-handling", "POST " + handling + "/indicators": "add-indicators", "POST " + handling + "/indicators-remove": "remove-indicator",
		"POST " + handling + "/list": "read-indicator-list", "POST " + handling + "/import": "add-indicator-list", "POST " + handling + "/import-drop": "remove-indicator-list",
		"POST " + handling + "/affected": "add-affected change-affected", "POST " + handling + "/affected-remove": "remove-affected",
		"POST " + handling + "/exhibits": "take-exhibit", "POST " + handling + "/custody": "pass-exhibit-on", "GET " + handling + "/exhibits/{exhibit}": "get-exhibit",
		"POST " + handling + "/informed": "record-information", "POST " + handling + "/costs": "add-cost", "POST " + handling + "/costs-strike": "strike-cost", "POST " + handling + "/informed-strike": "strike-information",
		"POST " + handling + "/lessons": "add-lesson", "POST " + handling + "/playbook": "start-playbook", "POST " + handling + "/step": "set-incident-step",
		"POST " + handling + "/check": "check-exhibit", "GET " + handling + "/exhibits/{exhibit}/custody.pdf": "get-handling", "GET " + handling + "/exhibits/{exhibit}/custody.html": "get-handling",
		"GET " + org + "/incidents/{incident}/timeline": "get-incident", "GET " + org + "/incidents/{incident}/timeline.csv": "get-incident", "GET " + org + "/incidents/{incident}/timeline.json": "get-incident",
		"POST " + org + "/incidents/{incident}/timeline": "correct-incident-line",
		"POST " + handling + "/merge":                    "merge-incident", "POST " + handling + "/unmerge": "unmerge-incident", "POST " + handling + "/split": "split-incident",
		"POST " + handling + "/forward": "move-exercise-clock", "POST " + handling + "/inject": "add-inject", "POST " + handling + "/give": "give-inject",
		"POST " + handling + "/evaluate": "evaluate-exercise", "GET " + org + "/exercises": "list-exercises", "POST " + org + "/exercises": "begin-exercise",
		"GET " + org + "/incidents/{incident}/indicators.csv": "list-indicators", "GET " + org + "/incidents/{incident}/indicators.stix.json": "list-indicators",
		"GET " + org + "/incidents/{incident}/indicators.misp.json": "list-indicators",
		"GET /playbooks": "list-playbooks", "POST /playbooks": "add-playbook", "GET /playbooks/{playbook}": "list-playbooks", "POST /playbooks/{playbook}/steps": "add-playbook-step", "POST /playbooks/{playbook}": "rename-playbook",
		"POST /playbooks/{playbook}/steps-remove": "remove-playbook-step", "POST /playbooks/{playbook}/remove": "remove-playbook",
		"GET /incident-statistics.csv": table, "GET /incident-statistics.json": "get-all-incident-statistics",
		"GET /incident-statistics": "get-all-incident-statistics", "GET " + org + "/incident-statistics": "get-incident-statistics",
		"GET " + org + "/incident-statistics.csv": table, "GET " + org + "/incident-statistics.json": "get-incident-statistics",
		"GET " + org + "/on-call": "get-on-call", "POST " + org + "/on-call/contacts": "add-contact", "POST " + org + "/on-call/contacts-remove": "remove-contact",
		"POST " + org + "/on-call/rota": "set-rota",
		"GET " + org + "/alarms":        "get-alarm-channels get-alarm-reach", "POST " + org + "/alarms": "set-alarm-channels", "POST " + org + "/alarms/test": "try-alarm",
	}
}

// areas are the pages, by the beginning of their paths, that as a whole have no
// operations, and why.
func areas() map[string]string {
	const officers = "no: officers work on pages, reports and cases (list-authority-reports and what follows), the checklists (list-checklists, mark-checklist-point) and the file of an entity aside; programs of entities speak the signed protocol of docs/filing.md"
	return map[string]string{"/authority": officers, org + "/supervision": officers}
}

func inArea(pattern string) bool {
	_, path, _ := strings.Cut(pattern, " ")
	for begin := range areas() {
		if path == begin || strings.HasPrefix(path, begin+"/") {
			return true
		}
	}
	return false
}

// TestEveryPageHasItsOperation: what people do on pages, programs do too, or the
// table says why not.
func TestEveryPageHasItsOperation(t *testing.T) {
	site := platform.Start(t, platform.Config(t))
	w := world{t: t, site: site}
	_, _, b := w.send("", "GET", "/api/v1/openapi.json", nil, nil)
	stated := operationsOf()
	for _, r := range site.Routes {
		text, ok := stated[r.Pattern]
		delete(stated, r.Pattern)
		switch {
		case !ok && inArea(r.Pattern):
		case !ok:
			t.Errorf("%s: no operation is stated, and no reason why there is none", r.Pattern)
		case strings.HasPrefix(text, "no: "):
		default:
			for _, id := range strings.Fields(text) {
				if !strings.Contains(string(b), `"operationId":"`+id+`"`) && !strings.Contains(string(b), `"operationId": "`+id+`"`) {
					t.Errorf("%s: there is no operation %q", r.Pattern, id)
				}
			}
		}
	}
	left := make([]string, 0, len(stated))
	for pattern := range stated {
		left = append(left, pattern)
	}
	slices.Sort(left)
	for _, pattern := range left {
		t.Errorf("%s is no page any more", pattern)
	}
}
