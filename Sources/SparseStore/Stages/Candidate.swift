internal import LMDB
internal import Platform
public import SparseFormat

/// A document that a stage may score, with its rank in the previous stage.
///
/// Stored data is read on demand from the searched snapshot. Keeping a candidate keeps that snapshot.
public struct Candidate: Sendable {
    /// The identifier of the document.
    public let id: String
    /// The 0-based rank in the previous stage.
    public let rank: Int
    /// The score of the last stage that scored the document; after the first stage, the inner product.
    public let score: Float
    /// The number of the document in the store. Replacing a document gives it a new number.
    public let number: UInt64

    let ranked: RankedPlace
    let source: CandidateSource

    var place: DocumentPlace { ranked.place }

    /// Returns the payload, or nil if there is none.
    ///
    /// - Throws: `corrupted`.
    public func payload() throws(SparseStoreError) -> [UInt8]? {
        try SparseStoreError.wrap { try source.withDocument(number) { try $0.payload($1) } }
    }

    /// Returns the tags, in ascending order.
    ///
    /// - Throws: `corrupted`.
    public func tags() throws(SparseStoreError) -> [String] {
        try SparseStoreError.wrap { try source.withDocument(number) { view, _ in try view.tags() } }
    }

    /// Calls `body` with each term and its exact weight, in ascending order of terms. The data is read from the index
    /// without a copy.
    ///
    /// - Throws: `corrupted`, and the errors of `body`.
    public func forEachComponent(_ body: (TermID, Float) throws -> Void) throws {
        try SparseStoreError.translate {
            try source.view.forEachComponent(of: place, body)
        }
    }

    /// Returns a copy of the exact vector.
    ///
    /// - Throws: `corrupted`.
    public func vector() throws(SparseStoreError) -> SparseVector {
        try SparseStoreError.wrap {
            var components: [(TermID, Float)] = []
            try forEachComponent { components.append(($0, $1)) }
            return try SparseVector(components)
        }
    }

    /// Calls `body` with the bytes that a table has for the document's number, in the memory map, or nil if there are
    /// none.
    func withValue<R>(
        in table: TableNumber, _ body: (UnsafeRawBufferPointer?) throws -> R
    ) throws -> R {
        try source.withValue(of: number, in: table, body)
    }
}

extension Candidate {
    /// Returns a copy of the token vectors as their codec stored them; nil if there are none.
    ///
    /// - Throws: `corrupted`.
    public func multivector() throws(SparseStoreError) -> Multivector? {
        try SparseStoreError.wrap {
            try withMultivector { view, codebook in
                try view?.multivector(view.flatMap { $0.codebook == 0 ? nil : try codebook($0.codebook) })
            }
        }
    }

    /// Calls `body` with the token vectors in the memory map, or nil if there are none, and a function that returns a
    /// codebook by number.
    func withMultivector<R>(
        _ body: (MultivectorView?, _ codebook: (UInt32) throws -> TokenCodebook) throws -> R
    ) throws -> R {
        try withValue(in: .multivectors) { bytes in
            try body(try bytes.map { try MultivectorView($0, number: number) }) { codebook in
                try source.view.read { try $0.multivectors(source.codebooks).codebook(codebook) }
            }
        }
    }
}

/// The documents that one stage may score, best first as ranked by the previous stage, all from one snapshot.
public struct Candidates: Sendable, RandomAccessCollection {
    private let candidates: [Candidate]

    /// - Parameters:
    ///   - ranking: The documents.
    ///   - sources: Where the documents are read from, one for each snapshot that is searched together.
    /// - Throws: `corrupted` if a document of the index is not stored.
    init(_ ranking: some Sequence<RankedDocument>, _ sources: [CandidateSource]) throws {
        candidates = try ranking.enumerated().map { rank, document in
            let source = sources[document.place.part]
            let number = try source.view.read { try $0.ids.number(of: document.id) }
            guard let number else {
                throw SparseStoreError.corrupted("an indexed document has no stored identifier")
            }
            return Candidate(
                id: document.id, rank: rank, score: document.score, number: number, ranked: document.place,
                source: source)
        }
    }

    /// The position of the first candidate. Positions are ranks.
    public var startIndex: Int { 0 }
    /// The position after the last candidate.
    public var endIndex: Int { candidates.count }
    /// The candidate at a position.
    public subscript(position: Int) -> Candidate { candidates[position] }
}

/// The output of a reranker: scores of some or all candidates of one stage, and counters of its costs.
public struct CandidateScores: Sendable {
    /// The reranker's costs by name, for the report of the stage.
    public var counters: [String: Int] = [:]
    /// The number of candidates that have a score.
    public private(set) var scored = 0

    private var scores: [Float?]

    /// Creates an empty set of scores for `count` candidates.
    init(count: Int) { scores = Array(repeating: nil, count: count) }

    /// The score of the candidate at a rank; nil if it has none.
    public subscript(rank: Int) -> Float? { scores.indices.contains(rank) ? scores[rank] : nil }

    /// Sets the score of a candidate, replacing an earlier score.
    ///
    /// - Throws: `invalidArgument` for a score that is not finite and for a candidate of another stage.
    public mutating func set(_ score: Float, for candidate: Candidate) throws(SparseStoreError) {
        try set(score, at: candidate.rank)
    }

    mutating func set(_ score: Float, at rank: Int) throws(SparseStoreError) {
        guard score.isFinite else {
            throw SparseStoreError(
                .invalidArgument, problem: "a reranker gave the candidate at rank \(rank) the score \(score)",
                remedy: "return finite scores")
        }
        guard scores.indices.contains(rank) else {
            throw SparseStoreError(
                .invalidArgument, problem: "a reranker scored rank \(rank), but there are \(scores.count) candidates",
                remedy: "score only the candidates")
        }
        if scores[rank] == nil { scored += 1 }
        scores[rank] = score
    }
}

extension CandidateScores {
    /// The ranks of the candidates in their new order: those with a score, best first, then the others.
    var order: [Int] {
        let ranks = scores.indices
        let best = ranks.compactMap { rank in scores[rank].map { (rank, $0) } }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
        return best.map(\.0) + ranks.filter { scores[$0] == nil }
    }
}

/// The state shared by the candidates of one stage: their snapshot and the decoder of their payloads.
final class CandidateSource: Sendable {
    let view: ReadView
    let codebooks: CodebookCache
    private let decoder = Lock<DocumentDecoder?>(nil)

    init(_ view: ReadView, _ codebooks: CodebookCache) {
        self.view = view
        self.codebooks = codebooks
    }

    /// Calls `body` with a stored document and its decoder, under the transaction's lock.
    func withDocument<R>(_ number: UInt64, _ body: (DocumentView, DocumentDecoder) throws -> R) throws -> R {
        try view.read { reader in
            let view = try reader.documents.existing(number)
            return try decoder.withLock { decoder in
                let dictionaries = reader.dictionaries
                let current = decoder ?? DocumentDecoder { try? dictionaries.dictionary($0) }
                decoder = current
                return try body(view, current)
            }
        }
    }

    /// Calls `body` with the value that a table has for a document's number, in the memory map, or nil if there is
    /// none. The value's header is not decoded.
    func withValue<R>(
        of number: UInt64, in table: TableNumber, _ body: (UnsafeRawBufferPointer?) throws -> R
    ) throws -> R {
        let bytes = try view.read { try $0.get(table, number) }
        // The caller's closure runs outside the lock; the bytes stay where they are while the view exists.
        return try withExtendedLifetime(view) { try body(bytes) }
    }
}
