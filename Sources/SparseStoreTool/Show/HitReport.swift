internal import SparseInterchange
internal import SparseStore
internal import SparseText

/// The output for one hit: its payload and the contributions to its score.
struct HitReport {
    let rank: Int
    let hit: Hit
    /// Finds the matches in the payload; nil if highlighting was not requested.
    var highlighter: Highlighter?

    private var highlights: Highlighter.Highlights? {
        guard let highlighter, let payload = hit.payload, let text = String(validating: payload, as: UTF8.self) else {
            return nil
        }
        return highlighter.highlights(in: text)
    }

    /// The hit as JSON, with contributions only if requested.
    func json(explaining: Bool) -> JSONValue {
        var fields: [(String, JSONValue)] = [("id", .string(hit.id)), ("score", .float(hit.score))]
        if let group = hit.group { fields.append(("group", DocumentJSON.attribute(group))) }
        fields += DocumentJSON.payload(hit.payload, field: "payload")
        if !hit.tags.isEmpty { fields.append(("tags", .array(hit.tags.map { .string($0) }))) }
        if !hit.attributes.isEmpty { fields.append(("attributes", DocumentJSON.attributes(hit.attributes))) }
        if let vector = hit.vector { fields.append(("vector", DocumentJSON.vector(vector))) }
        if let highlights {
            fields.append(("matches", .array(highlights.matches.map(Self.json))))
            fields.append(("passages", .array(highlights.passages.map { Self.json($0.range) })))
        }
        if explaining { fields.append(("contributions", .array(hit.contributions.map(Self.json)))) }
        if explaining, !hit.stageScores.isEmpty {
            fields.append(("stage_scores", .array(hit.stageScores.map { .optional($0) { .float($0) } })))
        }
        return .object(fields)
    }

    /// The hit as text of at most 80 columns, unless ids are long.
    func text(explaining: Bool) -> String {
        let id = Printable.line(Array(hit.id.utf8), limit: 60)
        var text = "\(rank). \(id)   score \(Figures.decimal(Double(hit.score), 4))\n"
        if let payload = hit.payload, let passage = highlights?.passages.first {
            text += Printable.wrap(Self.marked(passage, of: payload), width: 78, indent: "   ") + "\n"
        } else if let payload = hit.payload, !payload.isEmpty {
            text += Printable.wrap(Printable.line(payload, limit: 200), width: 78, indent: "   ") + "\n"
        }
        if explaining, !hit.stageScores.isEmpty {
            let scores = hit.stageScores.map { $0.map { Figures.decimal(Double($0), 4) } ?? "-" }
            text += "   scored " + scores.joined(separator: ", then ") + "\n"
        }
        if explaining, !hit.contributions.isEmpty {
            let shown = hit.contributions.prefix(8)
            var why = shown.map {
                "\(Printable.line(Array($0.term.utf8), limit: 40)) \(Figures.decimal(Double($0.contribution), 2))"
            }
            if hit.contributions.count > shown.count { why.append("and \(hit.contributions.count - shown.count) more") }
            text += Printable.wrap("terms: " + why.joined(separator: ", "), width: 78, indent: "   ") + "\n"
        }
        return text
    }

    /// Formats a passage as one line, with each match in brackets.
    private static func marked(_ passage: Highlighter.Passage, of payload: [UInt8]) -> String {
        var marked: [UInt8] = passage.range.lowerBound > 0 ? Array("... ".utf8) : []
        var place = passage.range.lowerBound
        for match in passage.matches {
            marked += payload[place..<match.lowerBound] + Array("[".utf8) + payload[match] + Array("]".utf8)
            place = match.upperBound
        }
        marked += payload[place..<passage.range.upperBound]
        if passage.range.upperBound < payload.count { marked += Array(" ...".utf8) }
        return Printable.line(marked, limit: 400)
    }

    private static func json(_ range: Range<Int>) -> JSONValue {
        .object([("begin", .integer(range.lowerBound)), ("end", .integer(range.upperBound))])
    }

    private static func json(_ part: TermContribution) -> JSONValue {
        .object([
            ("term", .string(part.term)),
            ("query_weight", .float(part.queryWeight)),
            ("document_weight", .float(part.documentWeight)),
            ("contribution", .float(part.contribution)),
        ])
    }
}
