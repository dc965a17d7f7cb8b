import Foundation

/// SplitMix64 from a seed that every failure prints. `SPARSE_SEED` in the environment repeats a run.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    /// The seed of this run of the tests.
    static let runSeed =
        ProcessInfo.processInfo.environment["SPARSE_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)

    init(_ seed: UInt64 = runSeed) {
        self.seed = seed
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Mostly small, sometimes as large as 64 bits go, often at an edge.
    mutating func number() -> UInt64 {
        switch next() % 4 {
        case 0: next() % 8
        case 1: next() >> (next() % 64)
        case 2: (UInt64(1) << (next() % 64)) &- (next() % 2)
        default: next()
        }
    }

    /// Text of exactly this many bytes of UTF-8.
    mutating func text(bytes count: Int) -> String {
        var text = ""
        while text.utf8.count < count {
            let left = count - text.utf8.count
            let choices: [Unicode.Scalar] = ["a", "Z", "0", "\u{7F}", "\u{E9}", "\u{20AC}", "\u{1F600}"]
            let scalar = choices[Int(next() % UInt64(choices.count))]
            text.unicodeScalars.append(scalar.utf8.count <= left ? scalar : "x")
        }
        return text
    }
}
