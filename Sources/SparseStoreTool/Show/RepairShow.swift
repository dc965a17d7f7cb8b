internal import SparseStore

/// A report of `repair` as it is shown.
struct RepairShow {
    /// How many damaged documents a person is shown.
    static let shownDocuments = 50

    let report: RepairReport

    var json: JSONValue {
        .object([
            ("written", .bool(report.isWritten)),
            ("documents", .integer(report.documents)),
            ("damaged_count", .integer(report.damagedCount)),
            (
                "damaged",
                .array(
                    report.damaged.map { document in
                        .object([
                            ("number", .integer(Int(clamping: document.number))),
                            ("id", .optional(document.id) { .string($0) }),
                            ("sentence", .string(document.sentence)),
                        ])
                    })
            ),
            ("rescued_terms", .integer(report.rescuedTerms)),
            ("bookmarks", .integer(report.bookmarks)),
            ("lost_bookmarks", .integer(report.lostBookmarks)),
        ])
    }

    var text: String {
        var text = ""
        for document in report.damaged.prefix(Self.shownDocuments) {
            let id = document.id.map { " '" + Printable.line(Array($0.utf8), limit: 60) + "'" } ?? ""
            text += "document \(document.number)\(id): \(document.sentence)\n"
        }
        let more = report.damagedCount - min(report.damaged.count, Self.shownDocuments)
        if more > 0 { text += "and \(Figures.count(more)) damaged documents more\n" }
        var table = TextTable()
        table.add(report.isWritten ? "documents kept" : "documents sound", Figures.count(report.documents))
        table.add("documents damaged", Figures.count(report.damagedCount))
        table.add("names of terms rescued", Figures.count(report.rescuedTerms))
        table.add("bookmarks kept", Figures.count(report.bookmarks))
        table.add("bookmarks lost", Figures.count(report.lostBookmarks))
        return text + table.text
    }
}
