import Foundation
import Measure

@testable import SparseStore

/// Turns off each search optimization alone, and measures the time and what changes.
///
///     ablation STORE --queries queries.csr [--documents docs.csr --work FOLDER] [--limit 10] [--recall 0.95]
///         [--count 400] [--rounds 5] [--cold 3]
///
/// STORE has term numbers and is tuned. With the documents it was made from, three more stores are built in FOLDER, or
/// reused: one without an order of similar documents, one without dense lists, and one to compare these with. All use
/// the plan that STORE has for the recall. Each pass of a variant runs next to one with everything. Times are processor
/// time of the search itself, without taking a snapshot; for each query the median of the rounds counts. Recall is
/// measured against the exact search, whose answers are compared too. `--cold` passes begin with an emptied page cache
/// and report wall time.
///
/// The engine must be built with `-enable-testing`: `make bench-ablation` does.
@main
struct Main {
    private static let tolerance: Float = 1e-4

    static func main() throws {
        var arguments = Arguments()
        guard let queryPath = try arguments.text("queries") else { throw Failure("--queries names a CSR file") }
        let documentPath = try arguments.text("documents")
        let work = try arguments.text("work") ?? "."
        let limit = max(1, try arguments.count("limit", 10))
        let recall = try arguments.share("recall", 0.95)
        let count = max(1, try arguments.count("count", 400))
        let rounds = max(1, try arguments.count("rounds", 5))
        let cold = try arguments.count("cold", 0)
        guard arguments.rest.count == 1 else { throw Failure("pass one store") }
        let (path, queries) = (arguments.rest[0], try CSRFile(path: queryPath))
        if cold > 0 { try coldTable(path, queries, count, limit, recall, passes: cold) }

        var subjects = [try Subject("", at: path, queries, count: count, limit: limit)]
        if let documentPath {
            let documents = try CSRFile(path: documentPath)
            try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
            for (name, layout) in Layouts.all() {
                let other = try Layouts.build(name, layout, documents, in: work)
                subjects.append(try Subject(name, at: other, queries, count: count, limit: limit))
            }
        }
        let exact = try subjects[0].answers(Variant(name: "exact"))
        for effort in [subjects[0].effort(.target(recall)), nil] {
            var variants = [Variant(name: "nothing", effort: effort)] + Variant.all(effort)
            for (index, subject) in subjects.enumerated().dropFirst() {
                variants.append(Variant(name: subject.name, effort: effort, store: index))
            }
            let measured = try measure(variants, subjects, exact.hits, exact.scores, rounds)
            let title = effort.map { "recall \(recall): \($0)" } ?? "exact"
            print("\n**\(title)**, k = \(limit), \(subjects[0].queries.count) queries\n\n\(Measured.head)")
            for (variant, result) in zip(variants, measured) { print(result.row(variant.name)) }
            fflush(nil)
        }
    }

    private static func measure(
        _ variants: [Variant], _ subjects: [Subject], _ hits: [[String]], _ scores: [[Float]], _ rounds: Int
    ) throws -> [Measured] {
        var measured = variants.map { _ in Measured(queries: hits.count) }
        for (index, variant) in variants.enumerated() {
            let found = try subjects[variant.store].answers(variant)
            if variant.effort == nil, found.hits != hits {
                throw Failure("exact answers change without \(variant.name)")
            }
            measured[index].judge(zip(found.scores, scores).map(recall), found.counters)
        }
        for round in 0..<rounds {
            for (index, variant) in variants.enumerated() {
                // The second of two passes finds more in the caches, so the order alternates from round to round.
                let before = round.isMultiple(of: 2) ? try subjects[0].times(variants[0]) : nil
                let times = try subjects[variant.store].times(variant)
                measured[index].add(times, over: try before ?? subjects[0].times(variants[0]))
            }
        }
        return measured
    }

    /// A document is correct if its true score is at least the k-th true score.
    private static func recall(_ found: [Float], _ truth: [Float]) -> Double {
        guard let last = truth.last else { return 1 }
        let right = found.filter { $0 >= last - tolerance }.count
        return Double(min(right, truth.count)) / Double(truth.count)
    }

    /// Measures the effect of reading ahead from the disk, with an emptied cache.
    private static func coldTable(
        _ path: String, _ queries: CSRFile, _ count: Int, _ limit: Int, _ recall: Double, passes: Int
    ) throws {
        print("| page cache emptied, recall \(recall), k = \(limit) | mean us | p50 | p99 |\n|---|---|---|---|")
        var times: [Bool: [Double]] = [:]
        for _ in 0..<passes {
            for isLeftOut in [false, true] {
                try evict(path)
                let subject = try Subject("", at: path, queries, count: count, limit: limit)
                var variant = Variant(name: "", effort: subject.effort(.target(recall)))
                if isLeftOut { variant.optimizations = .all.without(.readAhead) }
                times[isLeftOut, default: []] += try subject.waits(variant)
            }
        }
        for isLeftOut in [false, true] {
            let all = times[isLeftOut] ?? []
            let cells = [all.reduce(0, +) / Double(max(1, all.count)), percentile(all, 0.5), percentile(all, 0.99)]
            print(
                "| without \(isLeftOut ? "read ahead" : "nothing") | \(cells.map(decimal).joined(separator: " | ")) |")
        }
        print("")
        fflush(nil)
    }
}
