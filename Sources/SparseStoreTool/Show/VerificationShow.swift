internal import SparseInterchange
internal import SparseStore

/// The output of `verify`.
struct VerificationShow {
    /// The maximum number of findings in the text output.
    private static let shownFindings = 50

    let report: VerificationReport

    var json: JSONValue {
        .object([
            ("level", .string(report.level.rawValue)),
            ("clean", .bool(report.isClean)),
            ("generation", .optional(report.generation) { .integer(Int(clamping: $0)) }),
            ("values", .integer(report.values)),
            ("finding_count", .integer(report.findingCount)),
            ("findings", .array(report.findings.map(Self.json))),
            ("not_checked", .array(report.notChecked.map { .string($0) })),
            (
                "checks",
                .array(
                    report.checks.map {
                        .object([
                            ("name", .string($0.name)), ("values", .integer($0.values)),
                            ("findings", .integer($0.findings)),
                        ])
                    })
            ),
        ])
    }

    var text: String {
        var text = ""
        for finding in report.findings.prefix(Self.shownFindings) {
            let place = [finding.table, finding.key].filter { !$0.isEmpty }.joined(separator: " ")
            text += "\(finding.rule)  \(place)\n"
            text += Printable.wrap(finding.sentence, width: 100, indent: "  ") + "\n"
            text += Printable.wrap("-> " + finding.remedy, width: 100, indent: "  ") + "\n"
        }
        let more = report.findingCount - min(report.findings.count, Self.shownFindings)
        if more > 0 { text += "and \(Figures.count(more)) more findings\n" }
        for what in report.notChecked { text += "not checked: \(what)\n" }
        guard report.isClean else { return text }
        let generation = report.generation.map { " of generation \($0)" } ?? ""
        return text
            + "sound: \(report.level.rawValue) verification\(generation), \(Figures.count(report.values)) values read\n"
    }

    private static func json(_ finding: VerificationReport.Finding) -> JSONValue {
        .object([
            ("rule", .string(finding.rule)), ("table", .string(finding.table)), ("key", .string(finding.key)),
            ("sentence", .string(finding.sentence)), ("remedy", .string(finding.remedy)),
        ])
    }
}

/// The output of `repair`.
struct RepairShow {
    /// The maximum number of damaged documents in the text output.
    private static let shownDocuments = 50

    let report: RepairReport

    var json: JSONValue {
        .object([
            ("written", .bool(report.isWritten)),
            ("documents", .integer(report.documents)),
            ("damaged_count", .integer(report.damagedCount)),
            ("damaged", Self.json(report.damaged)),
            ("lost_multivectors", .integer(report.lostMultivectors)),
            ("without_multivector", Self.json(report.withoutMultivector)),
            ("rescued_terms", .integer(report.rescuedTerms)),
            ("bookmarks", .integer(report.bookmarks)),
            ("lost_bookmarks", .integer(report.lostBookmarks)),
        ])
    }

    private static func json(_ documents: [RepairReport.Damaged]) -> JSONValue {
        .array(
            documents.map { document in
                .object([
                    ("number", .integer(Int(clamping: document.number))),
                    ("id", .optional(document.id) { .string($0) }),
                    ("sentence", .string(document.sentence)),
                ])
            })
    }

    private static func text(_ documents: [RepairReport.Damaged], of count: Int, _ what: String) -> String {
        var text = ""
        for document in documents.prefix(shownDocuments) {
            let id = document.id.map { " '" + Printable.line(Array($0.utf8), limit: 60) + "'" } ?? ""
            text += "document \(document.number)\(id): \(document.sentence)\n"
        }
        let more = count - min(documents.count, shownDocuments)
        if more > 0 { text += "and \(Figures.count(more)) more \(what)\n" }
        return text
    }

    var text: String {
        let text =
            Self.text(report.damaged, of: report.damagedCount, "damaged documents")
            + Self.text(report.withoutMultivector, of: report.lostMultivectors, "documents with lost token vectors")
        var table = TextTable()
        table.add(report.isWritten ? "documents kept" : "documents sound", Figures.count(report.documents))
        table.add("documents damaged", Figures.count(report.damagedCount))
        if report.lostMultivectors > 0 {
            table.add(
                report.isWritten ? "kept without token vectors" : "sound without token vectors",
                Figures.count(report.lostMultivectors))
        }
        table.add("term names recovered", Figures.count(report.rescuedTerms))
        table.add("bookmarks kept", Figures.count(report.bookmarks))
        table.add("bookmarks lost", Figures.count(report.lostBookmarks))
        return text + table.text
    }
}
