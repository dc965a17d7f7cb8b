import Foundation
import Measure
import SparseStore

/// Compares durable writes per second of Store and of plain LMDB, alternating, on the same disk, with the same
/// documents.
///
///     durable-writes FOLDER [--singles 200] [--batches 5] [--rounds 5] [--components 120] [--already 20000]
///
/// Both sync before they return. LMDB only stores each document's bytes. The store also writes ids, statistics and an
/// index, so that the next search finds the document.
@main
struct Main {
    static func main() throws {
        var arguments = Arguments()
        let singles = try arguments.count("singles", 200)
        let batches = try arguments.count("batches", 5)
        let rounds = max(1, try arguments.count("rounds", 5))
        let components = max(2, try arguments.count("components", 120))
        let already = try arguments.count("already", 20_000)
        guard arguments.rest.count == 1 else {
            throw Failure(
                "usage: durable-writes FOLDER [--singles N] [--batches N] [--rounds N] [--components N] [--already N]")
        }
        let folder = arguments.rest[0] + "/durable-writes-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }

        let batch = 1_000
        let sample = try Sample(count: already + rounds * (singles + batches * batch), components: components, seed: 1)
        let plain = try PlainLMDB(path: folder + "/plain.mdb")
        let store = try Store.open(at: folder + "/store.sparse")
        defer { store.close() }
        var next = 0

        // Neither begins empty, so that there is a tree, and segments to merge with.
        while next < already {
            let span = next..<min(already, next + 5_000)
            try plain.put(sample.pairs[span])
            try write(sample.documents[span], store)
            next = span.upperBound
        }

        var figures: [String: [Double]] = [:]
        var waits: [String: [Double]] = [:]
        for _ in 0..<rounds {
            let single = (0..<singles).map { next + $0..<next + $0 + 1 }
            next += singles
            let thousands = (0..<batches).map { next + $0 * batch..<next + ($0 + 1) * batch }
            next += batches * batch
            for (name, spans) in [("one at a time", single), ("batches of 1,000", thousands)] where !spans.isEmpty {
                for (side, commit) in [
                    ("plain LMDB", { (span: Range<Int>) throws in try plain.put(sample.pairs[span]) }),
                    ("SparseStore", { (span: Range<Int>) throws in try write(sample.documents[span], store) }),
                ] {
                    let times = try spans.map { span in try seconds { try commit(span) } }
                    let documents = spans.reduce(0) { $0 + $1.count }
                    figures["\(side), \(name)", default: []].append(Double(documents) / times.reduce(0, +))
                    waits["\(side), \(name)", default: []] += times
                }
            }
        }

        let statistics = try store.statistics()
        let given = Double(sample.bytes)
        let written = decimal(Double(statistics.bytesWritten) / given)
        let merged = decimal(Double(statistics.bytesMerged) / given)
        print(
            """
            \(rounds) rounds of \(singles) single documents and \(batches) batches of 1,000, alternating; medians over rounds.
            The store had \(already) documents before; each document has \(sample.bytes / sample.pairs.count) bytes \
            (id and vector).
            The store ended with \(statistics.documents) documents in \(statistics.segments.count) segments. For each \
            byte of input it wrote \(written) bytes of records, and \(merged) bytes by merging.

            | | plain LMDB, documents/s | SparseStore, documents/s | ratio | LMDB commit p50 / p99 ms \
            | SparseStore commit p50 / p99 ms |
            |---|---|---|---|---|---|
            """)
        for name in ["one at a time", "batches of 1,000"] {
            guard let plain = figures["plain LMDB, \(name)"], let ours = figures["SparseStore, \(name)"] else {
                continue
            }
            // The ratio is computed for each round, so that both sides had the same state of the disk.
            let ratio = percentile(zip(ours, plain).map { $0 / $1 }, 0.5)
            let (a, b) = (waits["plain LMDB, \(name)"] ?? [], waits["SparseStore, \(name)"] ?? [])
            print(
                "| \(name) | \(whole(percentile(plain, 0.5))) | \(whole(percentile(ours, 0.5))) | \(decimal(ratio)) "
                    + "| \(milliseconds(percentile(a, 0.5))) / \(milliseconds(percentile(a, 0.99))) "
                    + "| \(milliseconds(percentile(b, 0.5))) / \(milliseconds(percentile(b, 0.99))) |")
        }
    }

    private static func write(_ documents: ArraySlice<Document>, _ store: Store) throws {
        try store.write { transaction in
            for document in documents { try transaction.upsert(document) }
        }
    }

    private static func whole(_ value: Double) -> String { "\(Int(value.rounded()))" }
    private static func milliseconds(_ seconds: Double) -> String { decimal(seconds * 1e3) }
}
