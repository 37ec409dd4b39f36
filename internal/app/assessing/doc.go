// Package assessing is the main job of Nisaba: from an organisation file to its
// class under the NIS2 Directive, its duties, gaps and plan, and to the report
// that shows them. Determine and Assess compute; Compose builds the document of
// the report, JSON the same for machines, and Write puts report.html, report.pdf,
// report.docx and assessment.json into a folder. All of them take the day as a value and
// read no clock, so that the same input gives the same bytes.
package assessing
