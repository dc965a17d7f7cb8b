internal import ArgumentParser

/// The value of an option for a size: a number of bytes, KiB, MiB or GiB.
struct SizeOption: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let units = ["GiB": 30, "MiB": 20, "KiB": 10]
        let unit = units.first { argument.hasSuffix($0.key) }
        let digits = argument.dropLast(unit?.key.count ?? 0)
        guard let count = Int(digits), count >= 0, count <= Int.max >> (unit?.value ?? 0) else { return nil }
        bytes = count << (unit?.value ?? 0)
    }
}
