import SystemPackage

/// The mappings of files into this process, as reported by Linux (proc(5), /proc/pid/maps).
enum MemoryMaps {
    /// Returns the address ranges of a file's mappings; none if the system does not report them.
    static func ranges(of path: String) -> [Range<UInt>] {
        guard let text = contents("/proc/self/maps") else { return [] }
        return text.split(separator: "\n").compactMap { range(in: $0, of: path) }
    }

    /// Returns the range of one line, `begin-end permissions offset device inode path`, if it is the file's.
    static func range(in line: Substring, of path: String) -> Range<UInt>? {
        let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard fields.count == 6, fields[5].drop(while: { $0 == " " }) == path else { return nil }
        let ends = fields[0].split(separator: "-")
        guard ends.count == 2, let begin = UInt(ends[0], radix: 16), let end = UInt(ends[1], radix: 16), begin < end
        else { return nil }
        return begin..<end
    }

    private static func contents(_ path: FilePath) -> String? {
        guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
        defer { try? file.close() }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while let count = try? piece.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
            bytes.append(contentsOf: piece[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
