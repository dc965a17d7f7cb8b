internal import ArgumentParser

/// `--memory`: a number of bytes, or of KiB, MiB or GiB.
struct MemoryOption: ExpressibleByArgument, CustomStringConvertible {
    /// At least `least`.
    let bytes: Int
    let description: String

    /// What a load of small documents needs in any case, and some room to work.
    static let least = 64 << 20

    init?(argument: String) {
        let units = ["GiB": 30, "MiB": 20, "KiB": 10]
        let unit = units.first { argument.hasSuffix($0.key) }
        let digits = argument.dropLast(unit?.key.count ?? 0)
        guard let count = Int(digits), count >= 0, count <= Int.max >> (unit?.value ?? 0) else { return nil }
        bytes = count << (unit?.value ?? 0)
        description = argument
        guard bytes >= Self.least else { return nil }
    }

    /// 1 GiB.
    static let standard = MemoryOption()

    private init() {
        bytes = 1 << 30
        description = "1GiB"
    }

    /// For one of three batches that are in memory at once, beside the pages and the window that its commit makes of it.
    var batchBytes: Int { min(BatchProducer.batchBytes, bytes / 16) }

    var defaultValueDescription: String { description }
}
