internal import SparseInterchange
internal import SparseStore
internal import SparseText
internal import SystemPackage

/// The result of a search, and the error if it is partial.
struct Answer {
    let result: SearchResult
    /// The error that made the answer partial; nil for a complete answer.
    var partial: PartialAnswer?

    /// Runs a search.
    init(_ search: () throws -> SearchResult) throws {
        do {
            result = try search()
        } catch let error as PartialAnswer {
            result = error.result
            partial = error
        }
    }
}

/// The output of `search` for one query.
struct SearchReport {
    let answer: Answer
    let recallAsked: String
    /// How long the search took; nil if other queries ran at the same time.
    let seconds: Double?
    let explaining: Bool
    /// The id of the query; nil unless it is one of several.
    var id: String?
    /// The text of the query, if the file of queries has it.
    var question: String?
    /// Finds the matches in the payloads; nil if highlighting was not requested.
    var highlighter: Highlighter?

    var result: SearchResult { answer.result }

    var json: JSONValue {
        var fields: [(String, JSONValue)] = []
        if let id { fields.append(("id", .string(id))) }
        if let question { fields.append(("query", .string(question))) }
        fields += [
            ("hits", .array(hits.map { $0.json(explaining: explaining) }))
        ]
        if let cursor = result.cursor { fields.append(("cursor", .string(cursor.description))) }
        if let matches = result.matches { fields.append(("matches", .integer(matches))) }
        if let partial = answer.partial {
            let missing = partial.failures.map { failure in
                JSONValue.object([
                    ("path", .string(failure.path.string)), ("error", .string(failure.error.message)),
                ])
            }
            fields.append(("missing_shards", .array(missing)))
        }
        fields += [
            ("exact", .bool(result.isExact)),
            ("recall_asked", .string(recallAsked)),
            ("generation", .integer(Int(clamping: result.generation))),
        ]
        if let seconds { fields.append(("us", .number(Figures.rounded(seconds * 1e6, 1)))) }
        if explaining {
            fields.append(("plan", Self.json(result.plan)))
            fields.append(("counters", .object(counters.map { ($0, .integer($1)) })))
            if !result.stages.isEmpty { fields.append(("stages", .array(result.stages.map(Self.json)))) }
        }
        return .object(fields)
    }

    var text: String {
        var text = ""
        let heading = [id.map { "Query \($0)" } ?? question.map { _ in "Query" }, question].compactMap(\.self)
        if !heading.isEmpty {
            let line = Printable.line(Array(heading.joined(separator: ": ").utf8), limit: 400)
            text += Printable.wrap(line, width: 78, indent: "") + "\n"
        }
        text += hits.isEmpty ? "no matches\n" : hits.map { $0.text(explaining: explaining) }.joined()
        if let matches = result.matches {
            text += "\(Figures.count(matches)) document\(matches == 1 ? " matches" : "s match")\n"
        }
        if explaining { text += "\n" + plan }
        return text
    }

    private var hits: [HitReport] {
        result.hits.enumerated().map { HitReport(rank: $0 + 1, hit: $1, highlighter: highlighter) }
    }

    private var plan: String {
        var table = TextTable(indent: "  ")
        let plan = result.plan
        table.add("asked", "recall \(recallAsked)")
        table.add("plan", plan.reason)
        table.add("answer", plan.isExact ? "proven exact" : "approximate")
        if let effort = plan.effort, let recall = plan.expectedRecall {
            let source = plan.isTuned ? "measured on this store" : "assumed; 'sparsestore tune' measures it"
            table.add("effort", "\(effort), recall \(Figures.decimal(recall, 3)) (\(source))")
            if let queryClass = plan.queryClass { table.add("queries like it", "those of \(queryClass)") }
        }
        table.add("generation", "\(result.generation)")
        if let seconds { table.add("time", "\(Figures.decimal(seconds * 1e6, 0)) us") }
        for (name, count) in counters where count > 0 {
            table.add(name.replacing("_", with: " "), Figures.count(count))
        }
        for report in result.stages { table.add("stage \(report.name)", StageSummary([report]).text) }
        return "How the answer was found:\n" + table.text
    }

    private static func json(_ report: StageReport) -> JSONValue {
        .object([
            ("name", .string(report.name)),
            ("candidates", .integer(report.candidates)),
            ("scored", .integer(report.scored)),
            ("us", .number(Figures.rounded(report.seconds * 1e6, 1))),
            ("counters", .object(report.counters.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
        ])
    }

    private static func json(_ plan: SearchPlan) -> JSONValue {
        .object([
            ("reason", .string(plan.reason)),
            ("exact", .bool(plan.isExact)),
            ("effort", .optional(plan.effort) { .integer($0) }),
            ("expected_recall", .optional(plan.expectedRecall) { .number(Figures.rounded($0, 6)) }),
            ("tuned", .bool(plan.isTuned)),
            ("query_class", .optional(plan.queryClass) { $0.json }),
            ("dropped_share", .optional(plan.droppedShare) { .float($0) }),
            ("level_floor", .optional(plan.levelFloor) { .float($0) }),
            ("block_lists", .optional(plan.blockLists) { .integer($0) }),
            ("heap_factor", .optional(plan.heapFactor) { .float($0) }),
            ("candidates", .optional(plan.candidates) { .integer($0) }),
        ])
    }

    private var counters: [(String, Int)] {
        let counters = result.counters
        return [
            ("segments", counters.segments), ("lists", counters.lists), ("postings", counters.postings),
            ("chunks_decoded", counters.chunksDecoded), ("chunks_cached", counters.chunksCached),
            ("blocks", counters.blocks), ("blocks_skipped", counters.blocksSkipped),
            ("documents_estimated", counters.documentsEstimated), ("lines", counters.lines),
            ("candidates", counters.candidates), ("documents_scored", counters.documentsScored),
            ("segments_scanned", counters.segmentsScanned), ("segments_scored", counters.segmentsScored),
            ("filtered_documents", counters.filteredDocuments),
        ]
    }
}

extension QueryClass {
    var json: JSONValue {
        .object([
            ("minimum_terms", .integer(minimumTerms)), ("maximum_terms", .optional(maximumTerms) { .integer($0) }),
        ])
    }
}
