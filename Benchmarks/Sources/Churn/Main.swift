import Foundation
import Measure
import SparseStore

/// Measures whether a store gets slower or larger when its documents are replaced repeatedly while it is searched.
///
///     churn FOLDER --documents docs.csr --queries queries.csr [--live N] [--rounds 100] [--share 0.01] [--commit 1000]
///           [--pause MILLISECONDS] [--target 0.95] [--settle SECONDS] [--from STORE]
///
/// The store is filled with the first N rows (all, by default), merged and tuned; or it is a copy of STORE, which has
/// those rows already under their numbers as ids. Each round then gives `share` of the documents, drawn at random, the
/// vectors of other rows, in commits of `commit` documents with a pause after each, while one thread searches all the
/// time and the store merges in the background. It prints a line of CSV for each round. Round 0 is the store as it was
/// built, searched for some seconds. The round after the last one is the final store, once nothing is left to merge,
/// searched for the same time. Recall is that of 200 queries, compared with exact answers of the same snapshot by
/// score.
@main
struct Main {
    static func main() throws {
        var arguments = Arguments()
        guard let documentPath = try arguments.text("documents"), let queryPath = try arguments.text("queries") else {
            throw Failure("--documents and --queries name CSR files")
        }
        let documents = try CSRFile(path: documentPath)
        let queryRows = try CSRFile(path: queryPath)
        let live = min(documents.rows, max(1, try arguments.count("live", documents.rows)))
        let rounds = try arguments.count("rounds", 100)
        let share = try arguments.share("share", 0.01)
        let size = max(1, try arguments.count("commit", 1_000))
        let pause = Double(try arguments.count("pause", 0)) / 1e3
        let target = try arguments.share("target", 0.95)
        let settle = Double(try arguments.count("settle", 3))
        let built = try arguments.text("from")
        guard arguments.rest.count == 1 else { throw Failure("pass one folder to work in") }
        let folder = arguments.rest[0] + "/churn-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }

        if let built { try FileManager.default.copyItem(atPath: built, toPath: folder + "/store.sparse") }
        let store = try Store.open(at: folder + "/store.sparse")
        defer { store.close() }
        let queries = try (0..<min(1_000, queryRows.rows)).map { Query(vector: try queryRows.vector($0)) }
        for first in stride(from: 0, to: built == nil ? live : 0, by: 20_000) {
            try write(store, (first..<min(live, first + 20_000)).map { ($0, try documents.vector($0)) })
        }
        guard try store.read({ $0.count }) == live else { throw Failure("the store has other documents") }
        try store.optimize()
        try store.tune(queries: Array(queries.prefix(300)))

        show(Round.header)
        let searcher = Searcher(store, queries, .target(target))
        defer { searcher.stop() }
        var chance = Chance(seed: 1)
        for number in 0...rounds + 1 {
            if number > rounds { try store.maintain() }
            var commits: [Double] = []
            var processor: [Double] = []
            _ = try searcher.take()
            let time = try seconds {
                guard number > 0, number <= rounds else { return Thread.sleep(forTimeInterval: settle) }
                let replaced = Int((share * Double(live)).rounded(.up))
                for first in stride(from: 0, to: replaced, by: size) {
                    let ids = (0..<min(size, replaced - first)).map { _ in Int.random(in: 0..<live, using: &chance) }
                    let changes = try ids.map {
                        ($0, try documents.vector(Int.random(in: 0..<live, using: &chance)))
                    }
                    let before = threadSeconds()
                    commits.append(try seconds { try write(store, changes) })
                    processor.append(threadSeconds() - before)
                    if pause > 0 { Thread.sleep(forTimeInterval: pause) }
                }
            }
            let searches = try searcher.take()
            let recall = try measureRecall(store, queries.prefix(200), target)
            show(
                Round(number: number, seconds: time, searches, recall, commits, processor, try store.statistics()).line)
        }
    }

    private static func write(_ store: Store, _ changes: [(id: Int, vector: SparseVector)]) throws {
        try store.write { transaction in
            for change in changes { try transaction.upsert(Document(id: "\(change.id)", vector: change.vector)) }
        }
    }

    /// Prints a line immediately, so that a long run can be watched.
    private static func show(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    /// Returns the mean share of hits that score as high as the true top ten. It takes one snapshot per query, because
    /// a held snapshot keeps pages from being reused, and the file would grow.
    private static func measureRecall(
        _ store: Store, _ queries: ArraySlice<Query>, _ target: Double
    ) throws -> Double {
        let shares = try queries.map { query in
            try store.read { snapshot in
                var options = SearchOptions()
                options.recall = .exact
                let exact = try snapshot.search(query, options: options)
                guard let last = exact.last?.score else { return 1.0 }
                options.recall = .target(target)
                let found = try snapshot.search(query, options: options)
                return Double(found.filter { $0.score >= last }.count) / Double(exact.count)
            }
        }
        return shares.reduce(0, +) / Double(shares.count)
    }
}
