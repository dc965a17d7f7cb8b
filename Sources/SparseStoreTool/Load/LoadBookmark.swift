internal import SparseInterchange

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// How far an input has been loaded. It is committed with the documents themselves, so that after a kill it says exactly
/// what is in the store.
struct LoadBookmark: Codable, Equatable {
    /// The input's format: the meaning of the place.
    var format: String
    /// Decompressed bytes read.
    var offset: UInt64 = 0
    /// Lines or rows read.
    var number = 0
    /// Documents written.
    var accepted = 0
    /// Lines or rows rejected.
    var rejected = 0
    /// The size of the input as it lies on disk; a pipe has none.
    var size: UInt64?
    /// The field that is turned into vectors; nil when the input has vectors.
    var text: String?
    /// The file of rejects, and its size: what stands behind belongs to a batch that was not committed.
    var rejectFile: String?
    var rejectBytes: UInt64 = 0

    var position: InputPosition { InputPosition(offset: offset, number: number) }

    /// How much of the file of rejects at `path` a load that goes on from here keeps: all of a file it has not written to.
    func rejectBytesToKeep(_ path: String) -> UInt64 {
        rejectFile == OutputPath.absolute(path) ? rejectBytes : .max
    }

    /// The name under which the place in `input` is kept: by its absolute path, shortened where that is long.
    static func name(forInput input: String) -> String {
        let longest = 200
        let name = "load:" + (input == "-" ? "-" : OutputPath.absolute(input))
        guard name.utf8.count > longest else { return name }
        // A hash of the whole keeps two long paths apart; the end of the path is for whoever lists the names.
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

    /// As JSON.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    /// From JSON; nil when it is no bookmark of ours.
    static func decode(_ bytes: [UInt8]) -> LoadBookmark? {
        try? JSONDecoder().decode(LoadBookmark.self, from: Data(bytes))
    }

    /// Refuses an input that is not the one the place was kept for.
    func check(against fresh: LoadBookmark, name: String) throws {
        guard format == fresh.format else {
            throw CommandFailure(
                .invalidInput,
                "'\(name)' was being loaded as \(format), not as \(fresh.format); "
                    + "give the same --format, or load it without --resume")
        }
        guard text == fresh.text else {
            func field(_ text: String?) -> String { text.map { "with --text \($0)" } ?? "without --text" }
            throw CommandFailure(
                .invalidInput,
                "'\(name)' was being loaded \(field(text)), not \(field(fresh.text)); give the same --text, or load it "
                    + "without --resume")
        }
        guard size == fresh.size else {
            throw CommandFailure(
                .invalidInput,
                "'\(name)' has another size than when loading it began; "
                    + "load it without --resume")
        }
    }
}
