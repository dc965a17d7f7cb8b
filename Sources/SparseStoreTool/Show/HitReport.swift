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

/// The output of `get`: one stored document.
struct DocumentReport {
    /// The maximum number of terms in the text output.
    private static let shownTerms = 20

    let document: Document

    private var components: [(name: String, weight: Float)] {
        switch document.content {
        case .terms(let terms): terms.map { ($0.term, $0.weight) }
        case .vector(let vector): zip(vector.terms, vector.weights).map { (String($0), $1) }
        case nil: []
        }
    }

    var json: JSONValue { DocumentJSON.value(document, payloadField: "payload") }

    /// The document without its vector, as `list` shows it.
    var summary: JSONValue {
        var fields: [(String, JSONValue)] = [("id", .string(document.id))]
        fields += DocumentJSON.payload(document.payload, field: "payload")
        if !document.tags.isEmpty { fields.append(("tags", .array(document.tags.map { .string($0) }))) }
        if !document.attributes.isEmpty {
            fields.append(("attributes", DocumentJSON.attributes(document.attributes)))
        }
        return .object(fields)
    }

    var text: String {
        var table = TextTable()
        table.add("id", Printable.line(Array(document.id.utf8), limit: 500))
        if !document.tags.isEmpty {
            table.add("tags", document.tags.map { Printable.line(Array($0.utf8), limit: 200) }.joined(separator: ", "))
        }
        for (name, value) in document.attributes.sorted(by: { $0.key < $1.key }) {
            table.add(Printable.line(Array(name.utf8), limit: 100), AttributeShow.text(value))
        }
        let components = components
        table.add("terms", Figures.count(components.count))
        if let multivector = document.multivector {
            table.add("token vectors", "\(multivector.count) of \(multivector.dimension) dimensions; --json shows them")
        }
        var text = table.text
        let largest = components.sorted { $0.weight > $1.weight }.prefix(Self.shownTerms)
        var line = largest.map {
            "\(Printable.line(Array($0.name.utf8), limit: 40)) \(Figures.decimal(Double($0.weight), 3))"
        }
        if components.count > largest.count {
            line.append("and \(Figures.count(components.count - largest.count)) more")
        }
        text += Printable.wrap(line.joined(separator: ", "), width: 78, indent: "  ") + "\n"
        if let payload = document.payload {
            text += "payload (\(Figures.bytes(payload.count)))\n"
            text +=
                String(validating: payload, as: UTF8.self) == nil
                ? "  not text; --json shows it in base64\n" : Printable.text(payload) + "\n"
        }
        return text
    }
}

/// Formats attributes for human readers.
enum AttributeShow {
    /// Formats a value as one line. Unprintable characters become dots.
    static func text(_ value: AttributeValue) -> String {
        switch value {
        case .string(let string): Printable.line(Array(string.utf8), limit: 200)
        case .date(let date): AttributeValue.rfc3339(date) ?? String(date)
        case .strings(let list): list.map { Printable.line(Array($0.utf8), limit: 200) }.joined(separator: ", ")
        default: DocumentJSON.attribute(value).text
        }
    }
}
