import Foundation
import Measure
import SparseStore

/// Measures the thread CPU time per candidate of reranking with MaxSim, for each codec: synthetic documents of 80 token
/// vectors of 128 dimensions, 32 query tokens, 50 candidates, from a store that does not fit into the cache.
///
/// The time includes the same steps as in a search: the lookup in the store, the checksum of the value, and the kernel.
@main struct Main {
    static let documents = 2_000
    static let tokens = 80
    static let dimension = 128
    static let queryTokens = 32
    static let candidates = 50

    static func main() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("maxsim-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var random = Generator(state: 1)
        let topics = (0..<64).map { _ in row(around: nil, &random) }
        let queries = try (0..<40).map { _ in
            try Multivector((0..<queryTokens).map { _ in row(around: topics[random.below(64)], &random) })
        }
        let multiplications = Double(queryTokens * tokens * dimension)
        let read = readingRate()
        print(
            "\(queryTokens) query tokens x \(tokens) token vectors x \(dimension) dimensions, \(candidates) candidates")
        print("\(Int(multiplications)) multiplications per candidate; this core reads \(format(read)) GB/s from memory")
        print("codec CPU us per candidate: median, least; GFLOP/s; bytes per candidate, us to read them from memory")
        for codec in MultivectorCodec.allCases {
            let store = try Store.open(at: folder.appendingPathComponent("\(codec).sparse").path)
            try fill(store, topics, &random)
            if codec != .f16 { try store.encodeMultivectors(as: codec) }
            let bytes = Double(try store.statistics().multivectors?.bytes ?? 0) / Double(documents)
            let times = try measure(store, queries).sorted()
            let median = times[times.count / 2]
            print(
                "\(codec)  \(format(median)), \(format(times[0])); \(format(2 * multiplications / median / 1e3)); "
                    + "\(Int(bytes)), \(format(bytes / read / 1e3))")
        }
    }

    /// Returns the CPU microseconds per candidate, for each query.
    static func measure(_ store: Store, _ queries: [Multivector]) throws -> [Double] {
        var options = SearchOptions()
        options.limit = 10
        options.recall = .exact
        return try queries.enumerated().map { index, query in
            let timed = Timed(MaxSim(query))
            let terms = try SparseVector(terms: [TermID(index)], weights: [1])
            _ = try store.search(
                Query(vector: terms), options: options, stages: [.rerank(timed, candidates: candidates)])
            return timed.microseconds / Double(candidates)
        }
    }

    /// One query finds each document.
    static func fill(_ store: Store, _ topics: [[Float]], _ random: inout Generator) throws {
        for first in stride(from: 0, to: documents, by: 200) {
            let batch = try (first..<first + 200).map { number -> Document in
                let rows = (0..<tokens).map { _ in row(around: topics[random.below(64)], &random) }
                return Document(
                    id: "\(number)", vector: try SparseVector(terms: [TermID(number % 40)], weights: [1]),
                    multivector: try Multivector(rows))
            }
            try store.write { transaction in
                for document in batch { try transaction.upsert(document) }
            }
        }
    }

    /// Returns a direction, near another one if given.
    static func row(around topic: [Float]?, _ random: inout Generator) -> [Float] {
        let row = (0..<dimension).map { (topic?[$0] ?? 0) * 2 + random.normal() / Float(dimension).squareRoot() }
        let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return row.map { $0 / norm }
    }

    /// Returns the bytes per nanosecond that one core reads from memory that does not fit into a cache.
    static func readingRate() -> Double {
        let words = [UInt64](repeating: 1, count: 32 << 20)
        let start = threadSeconds()
        var sum: UInt64 = 0
        for word in words { sum &+= word }
        let passed = threadSeconds() - start
        return sum == 0 ? 0 : Double(words.count * 8) / passed / 1e9
    }

    static func format(_ number: Double) -> String { String(format: "%.2f", number) }
}

/// MaxSim with a clock.
final class Timed: Reranker, @unchecked Sendable {
    let name = "timed"
    private let inner: MaxSim
    /// Written only by the thread that searches.
    private(set) var microseconds = 0.0

    init(_ inner: MaxSim) { self.inner = inner }

    func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws {
        let start = threadSeconds()
        try inner.rerank(candidates, limit: limit, into: &scores)
        microseconds += (threadSeconds() - start) * 1e6
    }
}

/// Steele, Lea and Flood's SplitMix64.
struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// An approximately normal number, the sum of twelve uniform ones.
    mutating func normal() -> Float {
        (0..<12).reduce(Float(-6)) { sum, _ in sum + Float(next() >> 40) / Float(1 << 24) }
    }
}
