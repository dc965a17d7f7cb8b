public import CSparseStoreHeader
internal import SparseStore

/// The answers to a batch of queries, in the layout of the C interface.
final class SearchResults {
    let queries: Int
    let generation: UInt64
    let offsets: OutputArray<Int64>
    let scores: OutputArray<Float>
    let ids: OutputStrings
    let payloads: OutputStrings
    let tags: OutputStrings
    fileprivate let tagOffsets: OutputArray<Int64>
    let groups: OutputStrings
    /// The attributes of the hits, by name.
    var columns: [OutputColumn]
    /// The cursor of the next page, as text.
    var cursor: OutputArray<CChar>?

    /// - Parameters:
    ///   - answers: The hits of each query.
    ///   - fields: The requested fields, a sum of `sparsestore_field`.
    init(_ answers: [[AnsweredHit]], generation: UInt64, fields: Int32) {
        queries = answers.count
        self.generation = generation
        let hits = Array(answers.joined())
        offsets = OutputArray(starts: answers.map(\.count))
        scores = OutputArray(hits.map(\.score))
        ids = OutputStrings(hits.map { Array($0.id.utf8) })
        let hasPayloads = fields & Int32(SPARSESTORE_FIELD_PAYLOAD.rawValue) != 0
        payloads = OutputStrings(hasPayloads ? hits.map(\.payload) : [])
        let tags = fields & Int32(SPARSESTORE_FIELD_TAGS.rawValue) != 0 ? hits.map(\.tags) : []
        self.tags = OutputStrings(tags.joined().map { Array($0.utf8) })
        tagOffsets = OutputArray(starts: tags.map(\.count))
        groups = OutputStrings(hits.contains { $0.group != nil } ? hits.map { $0.group.map { Array($0.utf8) } } : [])
        let names = Set(hits.flatMap(\.attributes.keys)).sorted { TextKey($0) < TextKey($1) }
        columns = names.map { name in OutputColumn(name, hits.map { $0.attributes[name] }) }
    }
}

/// A hit, or a listed document, with the requested fields.
struct AnsweredHit {
    var id: String
    var score: Float = 0
    var group: String?
    var payload: [UInt8]?
    var tags: [String] = []
    var attributes: [String: AttributeValue] = [:]

    init(id: String, score: Float = 0) {
        self.id = id
        self.score = score
    }

    /// - Parameter fields: The requested fields, a sum of `sparsestore_field`.
    init(_ document: Document, fields: Int32) {
        id = document.id
        payload = document.payload
        tags = document.tags
        if fields & Int32(SPARSESTORE_FIELD_ATTRIBUTES.rawValue) != 0 { attributes = document.attributes }
    }
}

/// Numbers that a caller can read as long as their owner lives.
final class OutputArray<Element> {
    let buffer: UnsafeMutableBufferPointer<Element>

    init(_ elements: some Sequence<Element>) {
        let elements = Array(elements)
        buffer = .allocate(capacity: max(1, elements.count))
        _ = buffer.initialize(from: elements)
    }

    deinit { buffer.deallocate() }

    var pointer: UnsafePointer<Element>? { UnsafePointer(buffer.baseAddress) }
}

extension OutputArray<Int64> {
    /// Returns the start of each run of the given lengths, and the end of the last one.
    convenience init(starts lengths: [Int]) {
        var starts: [Int64] = [0]
        for length in lengths { starts.append((starts.last ?? 0) + Int64(length)) }
        self.init(starts)
    }
}

/// Byte strings that a caller can read as long as their owner lives.
final class OutputStrings {
    private let count: Int
    private let bytes: OutputArray<UInt8>
    private let offsets: OutputArray<Int64>
    private let present: OutputArray<UInt8>

    init(_ strings: [[UInt8]?]) {
        count = strings.count
        bytes = OutputArray(strings.lazy.map { $0 ?? [] }.joined())
        offsets = OutputArray(starts: strings.map { $0?.count ?? 0 })
        present = OutputArray(strings.map { $0 == nil ? 0 : 1 })
    }

    var view: sparsestore_strings {
        sparsestore_strings(
            bytes: bytes.pointer, offsets: offsets.pointer, count: Int64(count), present: present.pointer)
    }
}

/// Implements `sparsestore_search` from sparsestore.h.
@_cdecl("sparsestore_search")
public func search(
    _ store: OpaquePointer?, queries: UnsafePointer<sparsestore_rows>?,
    options: UnsafePointer<sparsestore_search_options>?, result: UnsafeMutablePointer<OpaquePointer?>?,
    error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    result?.pointee = nil
    return attempt(error) {
        let store = try object(store, as: StoreHandle.self).store
        guard let queries, let result else {
            throw misuse("the queries or the pointer for the result is NULL", "pass both")
        }
        let rows = try InputRows(queries.pointee, name: "queries")
        let request = try QueryBatch(try options?.pointee.checked(), rows: rows.count)
        let contents = try (0..<rows.count).map { try rows.content($0, label: "query \($0)") }
        result.pointee = handle(
            try store.read { snapshot in
                let answers = try request.answers(to: contents, in: snapshot)
                return SearchResults(answers, generation: snapshot.generation, fields: request.fields)
            })
    }
}

/// Implements `sparsestore_get` from sparsestore.h.
@_cdecl("sparsestore_get")
public func get(
    _ store: OpaquePointer?, ids: UnsafePointer<sparsestore_strings>?, fields: Int32,
    result: UnsafeMutablePointer<OpaquePointer?>?, error: UnsafeMutablePointer<OpaquePointer?>?
) -> sparsestore_status {
    result?.pointee = nil
    return attempt(error) {
        guard let result else { throw misuse("the pointer for the result is NULL", "pass one") }
        let ids = try texts(ids, name: "ids")
        result.pointee = handle(
            try object(store, as: StoreHandle.self).store.read { snapshot in
                let documents = try ids.compactMap { try snapshot.document($0) }
                return SearchResults(
                    [documents.map { AnsweredHit($0, fields: fields) }], generation: snapshot.generation, fields: fields
                )
            })
    }
}

/// The queries of one call, with checked options.
private struct QueryBatch {
    var options = SearchOptions()
    var fields: Int32 = 0
    private var threads: Int?
    private var tokens: InputTokens?
    private var candidates = 100

    init(_ given: sparsestore_search_options?, rows: Int) throws {
        guard let given else { return }
        if given.limit != 0 { options.limit = Int(given.limit) }
        switch given.recall_kind {
        case SPARSESTORE_RECALL_EXACT: options.recall = .exact
        case SPARSESTORE_RECALL_FAST: options.recall = .fast
        default: options.recall = .target(given.recall == 0 ? 0.95 : given.recall)
        }
        options.filter = try given.filter.map(parse)
        if let key = given.group_by {
            options.grouping = try Grouping(
                parsing: try text(key, name: "group key"), best: given.group_size == 0 ? 1 : Int(given.group_size))
        }
        if given.uses_corpus_idf != 0 { options.weighting = .corpusIDF }
        if given.has_minimum_score != 0 { options.minimumScore = given.minimum_score }
        if given.timeout > 0 { options.deadline = .now + .seconds(given.timeout) }
        threads = given.threads == 0 ? nil : Int(given.threads)
        fields = given.fields
        if fields & Int32(SPARSESTORE_FIELD_PAYLOAD.rawValue) != 0 { options.fields.insert(.payload) }
        if fields & Int32(SPARSESTORE_FIELD_TAGS.rawValue) != 0 { options.fields.insert(.tags) }
        if fields & Int32(SPARSESTORE_FIELD_ATTRIBUTES.rawValue) != 0 { options.fields.insert(.attributes) }
        tokens = try given.tokens.map { try InputTokens($0.pointee, rows: rows) }
        candidates = given.candidates == 0 ? options.limit * 10 : Int(given.candidates)
    }

    /// Returns the hits of each query; a query without components has none.
    func answers(
        to contents: [SparseContent?], in snapshot: Snapshot
    ) throws -> [[AnsweredHit]] {
        let found = contents.indices.filter { contents[$0] != nil }
        let queries = found.compactMap { contents[$0].map(Self.query) }
        var answers: [SearchResult?] = Array(repeating: nil, count: contents.count)
        if let tokens {
            for (index, query) in zip(found, queries) {
                let multivector = try tokens.multivector(index, label: "query \(index)")
                let stages = multivector.map { [SearchStage.rerank(.maxSim($0), candidates: candidates)] }
                answers[index] = try snapshot.search(query, options: options, stages: stages ?? [])
            }
        } else {
            for (index, result) in zip(found, try snapshot.search(batch: queries, options: options, threads: threads)) {
                answers[index] = try result.get()
            }
        }
        return answers.map { ($0?.hits ?? []).map(answered) }
    }

    private func answered(_ hit: Hit) -> AnsweredHit {
        var answer = AnsweredHit(id: hit.id, score: hit.score)
        answer.group = hit.group?.description
        answer.payload = hit.payload
        answer.tags = hit.tags
        answer.attributes = hit.attributes
        return answer
    }

    private static func query(_ content: SparseContent) -> Query {
        switch content {
        case .vector(let vector): Query(vector: vector)
        case .terms(let terms): Query(terms: terms)
        }
    }
}

/// Implements `sparsestore_result_queries` from sparsestore.h.
@_cdecl("sparsestore_result_queries")
public func resultQueries(_ result: OpaquePointer?) -> Int64 {
    Int64((try? object(result, as: SearchResults.self))?.queries ?? 0)
}

/// Implements `sparsestore_result_offsets` from sparsestore.h.
@_cdecl("sparsestore_result_offsets")
public func resultOffsets(_ result: OpaquePointer?) -> UnsafePointer<Int64>? {
    (try? object(result, as: SearchResults.self))?.offsets.pointer
}

/// Implements `sparsestore_result_scores` from sparsestore.h.
@_cdecl("sparsestore_result_scores")
public func resultScores(_ result: OpaquePointer?) -> UnsafePointer<Float>? {
    (try? object(result, as: SearchResults.self))?.scores.pointer
}

/// Implements `sparsestore_result_ids` from sparsestore.h.
@_cdecl("sparsestore_result_ids")
public func resultIDs(_ result: OpaquePointer?) -> sparsestore_strings {
    (try? object(result, as: SearchResults.self))?.ids.view ?? sparsestore_strings()
}

/// Implements `sparsestore_result_payloads` from sparsestore.h.
@_cdecl("sparsestore_result_payloads")
public func resultPayloads(_ result: OpaquePointer?) -> sparsestore_strings {
    (try? object(result, as: SearchResults.self))?.payloads.view ?? sparsestore_strings()
}

/// Implements `sparsestore_result_tags` from sparsestore.h.
@_cdecl("sparsestore_result_tags")
public func resultTags(_ result: OpaquePointer?) -> sparsestore_strings {
    (try? object(result, as: SearchResults.self))?.tags.view ?? sparsestore_strings()
}

/// Implements `sparsestore_result_tag_offsets` from sparsestore.h.
@_cdecl("sparsestore_result_tag_offsets")
public func resultTagOffsets(_ result: OpaquePointer?) -> UnsafePointer<Int64>? {
    (try? object(result, as: SearchResults.self))?.tagOffsets.pointer
}

/// Implements `sparsestore_result_groups` from sparsestore.h.
@_cdecl("sparsestore_result_groups")
public func resultGroups(_ result: OpaquePointer?) -> sparsestore_strings {
    (try? object(result, as: SearchResults.self))?.groups.view ?? sparsestore_strings()
}

/// Implements `sparsestore_result_columns` from sparsestore.h.
@_cdecl("sparsestore_result_columns")
public func resultColumns(_ result: OpaquePointer?) -> Int64 {
    Int64((try? object(result, as: SearchResults.self))?.columns.count ?? 0)
}

/// Implements `sparsestore_result_column` from sparsestore.h.
@_cdecl("sparsestore_result_column")
public func resultColumn(_ result: OpaquePointer?, _ index: Int64) -> sparsestore_column {
    guard let columns = (try? object(result, as: SearchResults.self))?.columns,
        (0..<Int64(columns.count)).contains(index)
    else { return sparsestore_column() }
    return columns[Int(index)].view
}

/// Implements `sparsestore_result_cursor` from sparsestore.h.
@_cdecl("sparsestore_result_cursor")
public func resultCursor(_ result: OpaquePointer?) -> UnsafePointer<CChar>? {
    (try? object(result, as: SearchResults.self))?.cursor?.pointer
}

/// Implements `sparsestore_result_generation` from sparsestore.h.
@_cdecl("sparsestore_result_generation")
public func resultGeneration(_ result: OpaquePointer?) -> Int64 {
    Int64(clamping: (try? object(result, as: SearchResults.self))?.generation ?? 0)
}

/// Implements `sparsestore_result_free` from sparsestore.h.
@_cdecl("sparsestore_result_free")
public func resultFree(_ result: OpaquePointer?) { release(result, as: SearchResults.self) }
