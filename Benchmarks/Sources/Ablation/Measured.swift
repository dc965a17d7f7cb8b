import Foundation
import Measure

@testable import SparseStore

/// The figures of a variant, by query.
struct Measured {
    private(set) var recall = 0.0
    private(set) var scored = 0.0
    private(set) var postings = 0.0
    /// The processor time in microseconds, round by round.
    private var times: [[Double]]
    /// The mean of each round divided by that of the neighboring pass with everything.
    private(set) var ratios: [Double] = []

    init(queries: Int) { times = [[Double]](repeating: [], count: queries) }

    mutating func judge(_ recalls: [Double], _ counters: [SearchCounters]) {
        let count = Double(recalls.count)
        recall = recalls.reduce(0, +) / count
        scored = counters.reduce(0) { $0 + Double($1.documentsScored) } / count
        postings = counters.reduce(0) { $0 + Double($1.postings) } / count
    }

    mutating func add(_ round: [Double], over base: [Double]) {
        for (query, time) in round.enumerated() { times[query].append(time) }
        ratios.append(round.reduce(0, +) / base.reduce(0, +))
    }

    func row(_ name: String) -> String {
        let typical = times.map { percentile($0, 0.5) }
        func number(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }
        let cells = [
            name, number(typical.reduce(0, +) / Double(typical.count), 1), number(percentile(typical, 0.5), 1),
            number(percentile(typical, 0.99), 1), number(percentile(ratios, 0.5), 3), number(recall, 4),
            number(scored, 1), number(postings, 0),
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }

    static let head = """
        | without | mean us | p50 | p99 | mean over that with everything | recall | documents scored | postings |
        |---|---|---|---|---|---|---|---|
        """
}
