internal import ArgumentParser

/// `--memory`: a number of bytes, or of KiB, MiB or GiB.
struct MemoryOption: ExpressibleByArgument, CustomStringConvertible {
    /// At least `least`.
    let bytes: Int
    let description: String

    /// What a load of small documents needs in any case, and some room to work.
    static let least = 64 << 20

    init?(argument: String) {
        guard let size = SizeOption(argument: argument), size.bytes >= Self.least else { return nil }
        bytes = size.bytes
        description = argument
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
