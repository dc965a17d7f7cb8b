internal import SparseInterchange

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The position up to which an input has been loaded. It is committed together with the documents, so it is exact even
/// after the process was killed.
struct LoadBookmark: Codable, Equatable {
    /// The format of the input, which determines the meaning of the position.
    var format: String
    /// The number of decompressed bytes read.
    var offset: UInt64 = 0
    /// The number of lines or rows read.
    var number = 0
    /// The number of documents written.
    var accepted = 0
    /// The number of lines or rows rejected.
    var rejected = 0
    /// The size of the input file on disk; nil for a pipe.
    var size: UInt64?
    /// The field that is turned into vectors; nil when the input has vectors.
    var text: String?
    /// The file of rejects, and its committed size. Anything after that belongs to a batch that was not committed.
    var rejectFile: String?
    var rejectBytes: UInt64 = 0

    var position: InputPosition { InputPosition(offset: offset, number: number) }

    /// The number of bytes that a resumed load keeps of the rejects file at `path`. A file that the earlier load did
    /// not write is kept completely.
    func rejectBytesToKeep(_ path: String) -> UInt64 {
        rejectFile == OutputPath.absolute(path) ? rejectBytes : .max
    }

    /// The name of the bookmark for `input`: its absolute path, shortened if it is long.
    static func name(forInput input: String) -> String {
        let longest = 200
        let name = "load:" + (input == "-" ? "-" : OutputPath.absolute(input))
        guard name.utf8.count > longest else { return name }
        // A hash of the whole path distinguishes long paths; the end of the path makes the name readable in a list.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var short = "load:#\(String(hash, radix: 16)):"
        var tail = ""
        for character in name.reversed() {
            guard short.utf8.count + tail.utf8.count + String(character).utf8.count <= longest else { break }
            tail = String(character) + tail
        }
        short += tail
        return short
    }

    /// Encodes the bookmark as JSON.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    /// Decodes a bookmark from JSON. Returns nil if the bytes are not a bookmark of `load`.
    static func decode(_ bytes: [UInt8]) -> LoadBookmark? {
        try? JSONDecoder().decode(LoadBookmark.self, from: Data(bytes))
    }

    /// Throws if the input is not the one that this bookmark was recorded for.
    func check(against fresh: LoadBookmark, name: String) throws {
        guard format == fresh.format else {
            throw CommandFailure(
                .invalidInput,
                "'\(name)' was loaded as \(format) before, not as \(fresh.format); "
                    + "use the same --format, or load it without --resume")
        }
        guard text == fresh.text else {
            func field(_ text: String?) -> String { text.map { "with --text \($0)" } ?? "without --text" }
            throw CommandFailure(
                .invalidInput,
                "'\(name)' was being loaded \(field(text)), not \(field(fresh.text)); use the same --text, or load it "
                    + "without --resume")
        }
        guard size == fresh.size else {
            throw CommandFailure(
                .invalidInput,
                "the size of '\(name)' has changed since its load began; "
                    + "load it without --resume")
        }
    }
}
