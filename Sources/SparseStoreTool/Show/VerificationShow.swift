internal import SparseInterchange
internal import SparseStore

/// The output of `verify`.
struct VerificationShow {
    /// The maximum number of findings in the text output.
    static let shownFindings = 50

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
