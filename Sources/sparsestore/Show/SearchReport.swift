internal import SparseStore

/// The answer to one query as it is shown.
struct SearchReport {
    let result: SearchResult
    let hits: [HitReport]
    let recallAsked: String
    let seconds: Double
    let explaining: Bool
    /// The query as a person would read it, where a file gave it.
    var question: String?

    var json: JSONValue {
        var fields: [(String, JSONValue)] = []
        if let question { fields.append(("query", .string(question))) }
        fields += [
            ("hits", .array(hits.map { $0.json(explaining: explaining) })),
            ("exact", .bool(result.isExact)),
            ("recall_asked", .string(recallAsked)),
            ("generation", .integer(Int(clamping: result.generation))),
            ("us", .number(Figures.rounded(seconds * 1e6, 1))),
        ]
        if explaining { fields.append(("counters", .object(counters.map { ($0, .integer($1)) }))) }
        return .object(fields)
    }

    var text: String {
        var text = ""
        if let question {
            text +=
                Printable.wrap("Query: " + Printable.line(Array(question.utf8), limit: 400), width: 78, indent: "")
                + "\n"
        }
        text += hits.isEmpty ? "nothing matches\n" : hits.map { $0.text(explaining: explaining) }.joined()
        if explaining { text += "\n" + plan }
        return text
    }

    private var plan: String {
        var table = TextTable(indent: "  ")
        table.add("asked", "recall \(recallAsked)")
        table.add("answer", result.isExact ? "proven exact" : "approximate")
        table.add("generation", "\(result.generation)")
        table.add("time", "\(Figures.decimal(seconds * 1e6, 0)) us")
        for (name, count) in counters { table.add(name.replacing("_", with: " "), Figures.count(count)) }
        return "How it was found:\n" + table.text
    }

    private var counters: [(String, Int)] {
        let counters = result.counters
        return [
            ("segments", counters.segments), ("lists", counters.lists), ("postings", counters.postings),
            ("blocks", counters.blocks), ("blocks_skipped", counters.blocksSkipped),
            ("candidates", counters.candidates), ("documents_scored", counters.documentsScored),
        ]
    }
}
