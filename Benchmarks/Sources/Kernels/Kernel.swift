import Foundation
import Measure

/// One inner loop with its input.
struct Kernel {
    let name: String
    /// The description of the input.
    let data: String
    /// The unit that is counted, and the number of units in a pass.
    let element: String
    let count: Int
    /// The bytes of the index that an element takes; nil if not meaningful.
    var bytes: Double?
    let pass: () throws -> Void

    /// The minimum duration of a pass; a shorter one is repeated.
    private static let leastSeconds = 0.002

    /// Returns the nanoseconds of processor time per element: for each kernel the median over `rounds`, in which all
    /// run in turn.
    static func measure(_ kernels: [Kernel], rounds: Int) throws -> [Double] {
        let repeats = try kernels.map { kernel in
            try kernel.pass()
            return max(1, Int((leastSeconds / max(1e-9, try kernel.seconds(1))).rounded(.up)))
        }
        var times = [[Double]](repeating: [], count: kernels.count)
        for _ in 0..<rounds {
            for (index, kernel) in kernels.enumerated() {
                let passes = Double(repeats[index] * kernel.count)
                times[index].append(try kernel.seconds(repeats[index]) * 1e9 / passes)
            }
        }
        return times.map { percentile($0, 0.5) }
    }

    private func seconds(_ repeats: Int) throws -> Double {
        let start = threadSeconds()
        for _ in 0..<repeats { try pass() }
        return threadSeconds() - start
    }

    func row(_ nanoseconds: Double, cycle: Double) -> String {
        func number(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }
        let rate = bytes.map { "\(number($0, 1)) | \(number($0 / nanoseconds, 1))" } ?? "- | -"
        return
            "| \(name) | \(data) | \(element) | \(number(nanoseconds, 3)) | \(number(nanoseconds / cycle, 2)) | \(rate) |"
    }
}
