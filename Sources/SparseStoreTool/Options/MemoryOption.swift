internal import ArgumentParser

/// The value of `--memory`: a number of bytes, KiB, MiB or GiB.
struct MemoryOption: ExpressibleByArgument, CustomStringConvertible {
    /// The number of bytes, at least `least`.
    let bytes: Int
    let description: String

    /// The minimum that a load of small documents needs, with some room to work.
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

    /// The size of one batch. Three batches are in memory at once, besides the pages and the window that a commit
    /// makes.
    var batchBytes: Int { min(BatchProducer.batchBytes, bytes / 16) }

    var defaultValueDescription: String { description }
}
