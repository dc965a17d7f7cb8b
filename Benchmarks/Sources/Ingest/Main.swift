import Foundation
import Measure
import SparseStore

/// Measures durable commits of real documents while one thread searches all the time, and prints the figures as one
/// JSON object. `Benchmarks/ingest.py` runs this and its peers in turn.
///
///     ingest FOLDER --documents docs.csr --queries queries.csr [--batch 1] [--seconds 5] [--already 20000]
///
/// The store begins with the first `already` rows, merged. The following rows are then committed, `batch` per commit,
/// until the time is over or no row is left. Only the commits are timed, not making the documents. Searches are exact.
@main
struct Main {
    private struct Report: Encodable {
        var engine = "SparseStore"
        var version = ""
        var durable = true
        var documents: Int
        var commits: [Double]
        /// The processor time of the committing thread in all commits.
        var processor: Double
        var searches: [Double]
        var elapsed: Double
        /// The merges that are left when the last commit has returned, and their time.
        var segments: Int
        var settling: Double
    }

    static func main() throws {
        var arguments = Arguments()
        guard let documentPath = try arguments.text("documents"), let queryPath = try arguments.text("queries") else {
            throw Failure("--documents and --queries name CSR files")
        }
        let documents = try CSRFile(path: documentPath)
        let queryRows = try CSRFile(path: queryPath)
        let batch = max(1, try arguments.count("batch", 1))
        let limit = Double(try arguments.count("seconds", 5))
        let already = min(documents.rows, try arguments.count("already", 20_000))
        guard arguments.rest.count == 1 else { throw Failure("pass one folder to work in") }
        let folder = arguments.rest[0] + "/ingest-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }

        func read(_ rows: Range<Int>) throws -> [Document] {
            try rows.map { Document(id: "\($0)", vector: try documents.vector($0)) }
        }
        let store = try Store.open(at: folder + "/store.sparse")
        defer { store.close() }
        func commit(_ documents: [Document]) throws {
            try store.write { transaction in
                for document in documents { try transaction.upsert(document) }
            }
        }
        for first in stride(from: 0, to: already, by: 10_000) {
            try commit(read(first..<min(already, first + 10_000)))
        }
        try store.optimize()

        let queries = try (0..<queryRows.rows).map { Query(vector: try queryRows.vector($0)) }
        let searcher = Searcher(store, queries, .exact)
        var commits: [Double] = []
        var processor = 0.0
        var next = already
        let end = ContinuousClock.now + .seconds(limit)
        let elapsed = try seconds {
            while next < documents.rows, ContinuousClock.now < end {
                let given = try read(next..<min(documents.rows, next + batch))
                let before = threadSeconds()
                commits.append(try seconds { try commit(given) })
                processor += threadSeconds() - before
                next += given.count
            }
        }
        let searches = try searcher.take()
        searcher.stop()
        let segments = try store.statistics().segments.count
        let settling = try seconds { try store.maintain() }
        guard try store.read({ $0.count }) == next else { throw Failure("documents were lost") }
        let report = Report(
            documents: next - already, commits: commits, processor: processor, searches: searches, elapsed: elapsed,
            segments: segments,
            settling: settling)
        FileHandle.standardOutput.write(try JSONEncoder().encode(report))
    }
}
