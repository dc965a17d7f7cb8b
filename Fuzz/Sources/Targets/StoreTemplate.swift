import Foundation

@testable import LMDB
@testable import SparseFormat
@testable import SparseStore
import SystemPackage

/// A small real store with one of everything: a merged window with levels, dense lists and an order, a compact one with
/// lists in planes, small compact segments, tombstones, deltas, a payload dictionary, multivectors in two codecs,
/// attributes of every type, some of them changed, and a block index. The small template has all of that except levels,
/// dense lists and planes, and is searched in a fraction of the time.
struct StoreTemplate: Sendable {
    /// A value of the store, and its location.
    struct Entry: Sendable {
        let table: TableNumber
        let key: [UInt8]
        let value: [UInt8]
        /// The position of the value in the file.
        let offset: Int
    }

    /// The bytes of the file.
    let file: [UInt8]
    /// The bytes of the file that do not belong to a value: the keys, the free space and the other bytes of LMDB's pages,
    /// which have no checksum. Ascending.
    private let unchecked: [Range<Int>]
    let entries: [Entry]
    /// The indices of the entries by the kind of their records, so that edits hit all kinds equally often.
    private let kinds: [[Int]]
    /// The generation of the last commit.
    let generation: UInt64

    /// The documents of the last commit.
    let documents: [String: Document]
    /// All documents that were ever written; none has ever changed.
    let written: [String: Document]

    private static let large = Result { try StoreTemplate(windows: [0..<1_040, 1_030..<2_060, 2_050..<2_090]) }
    private static let small = Result { try StoreTemplate(windows: [0..<40, 34..<56, 52..<60]) }

    static func isLarge(_ large: Bool) throws -> StoreTemplate { try (large ? Self.large : small).get() }

    /// Returns whether an input is for the large template, which takes ten times as long: 1 in 64 is. A hash of the whole
    /// input decides, so that what libFuzzer makes of an input for the large one is mostly for the small one again.
    static func choosesLarge(_ input: UnsafeRawBufferPointer) -> Bool {
        // FNV-1a.
        let hash = input.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return (hash ^ hash >> 16) & 63 == 0
    }

    /// Returns an input of edits for a template: adds bytes that are too few for an edit.
    static func input(_ bytes: [UInt8], isLarge: Bool) -> [UInt8] {
        for number in UInt16.min ... .max {
            let input = bytes + [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
            if input.withUnsafeBytes(choosesLarge) == isLarge { return input }
        }
        return bytes
    }

    /// - Parameter windows: The numbers of the documents of three windows. Documents that are in two of them are
    ///   written again.
    private init(windows: [Range<Int>]) throws {
        let removed = Set(stride(from: 0, to: min(300, windows[0].count), by: 13).map { "d\($0)" })
        written = try Dictionary(
            uniqueKeysWithValues: (0..<windows[2].upperBound).map { ("d\($0)", try Self.document($0)) })
        documents = written.filter { !removed.contains($0.key) }
        let folder = try TemporaryFolder()
        let path = folder.path("template")
        var configuration = Configuration()
        configuration.maintenance = .manual
        let store = try Store.open(at: path, configuration: configuration)
        func write(_ numbers: Range<Int>) throws {
            try store.write { transaction in
                for number in numbers { try transaction.upsert(Self.document(number)) }
            }
        }
        try write(windows[0])
        try store.optimize()
        try store.buildBlocks(Self.blocks)
        // Segments from here on are compact, without exact vectors.
        try store.changeProfile(to: .compact)
        try store.encodeMultivectors(as: .pq32)
        try store.write { try $0.setBookmark("place", to: [1, 2, 3]) }
        try write(windows[1])
        try write(windows[2])
        try store.write { transaction in
            for id in removed { try transaction.remove(id) }
            for number in stride(from: 1, to: windows[1].upperBound, by: 17) where !removed.contains("d\(number)") {
                try transaction.update("d\(number)") { $0.attributes["number"] = -1 }
            }
        }
        generation = try store.read { $0.generation }
        store.close()
        let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        entries = try Self.entries(path, file)
        var unchecked: [Range<Int>] = []
        var end = 0
        for entry in entries.sorted(by: { $0.offset < $1.offset }) {
            unchecked.append(end..<entry.offset)
            end = entry.offset + entry.value.count
        }
        unchecked.append(end..<file.count)
        kinds = Dictionary(grouping: entries.indices) { [entries] in entries[$0].value[8] }
            .sorted { $0.key < $1.key }.map(\.value)
        (self.file, self.unchecked) = (file, unchecked)
    }

    /// Returns the entry that an edit changes. The upper byte of its index selects the kind, and the lower byte the
    /// entry of that kind.
    func entry(of edit: Edits.Edit) -> Int {
        let kind = kinds[(edit.index >> 8) % kinds.count]
        return kind[(edit.index & 0xFF) % kind.count]
    }

    /// Undoes all changes to bytes that do not belong to a value, and to the size.
    func undoUncheckedChanges(_ changed: inout [UInt8]) {
        changed.removeLast(max(0, changed.count - file.count))
        changed += file[changed.count...]
        changed.withUnsafeMutableBytes { target in
            file.withUnsafeBytes { source in
                for range in unchecked {
                    UnsafeMutableRawBufferPointer(rebasing: target[range])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
                }
            }
        }
    }

    /// Returns whether the size and all bytes that do not belong to a value are those of the file.
    func hasOnlyChangedValues(_ changed: [UInt8]) -> Bool {
        guard changed.count == file.count else { return false }
        return changed.withUnsafeBytes { changed in
            file.withUnsafeBytes { file in
                unchecked.allSatisfy { range in
                    let (old, new) = (file[range], changed[range])
                    guard let old = UnsafeRawBufferPointer(rebasing: old).baseAddress,
                        let new = UnsafeRawBufferPointer(rebasing: new).baseAddress
                    else { return true }
                    return memcmp(old, new, range.count) == 0
                }
            }
        }
    }

    /// The edits (``Edits``) that mark a stored document as removed in its segment, and count it in the manifest.
    func removingStoredDocument() throws -> [UInt8] {
        guard let page = entries.firstIndex(where: { $0.table == .tombstones }),
            let manifest = entries.firstIndex(where: { $0.key == Keys.manifest }),
            let byte = entries[page].value.dropFirst(ValueHeader.size).firstIndex(where: { $0 < 0xFF })
        else { throw Finding("the template has no tombstones") }
        let record = try entries[manifest].value.withUnsafeBytes {
            try ManifestRecord(sealed: $0, in: .meta, key: Keys.manifest)
        }
        let segment = try entries[page].key.withUnsafeBytes { try Keys.parseTombstones($0).segment }
        guard let place = record.segments.firstIndex(where: { $0.id == segment }) else {
            throw Finding("the template has tombstones for an unknown segment")
        }
        let free = ~entries[page].value[byte]
        // The count is 12 bytes into the segment's entry (FORMAT.md, "Manifest").
        let ends = entries[manifest].value.count - SegmentEntry.size * (record.segments.count - place)
        func edit(_ index: Int, _ offset: Int, _ kind: UInt8, _ byte: UInt8) throws -> [UInt8] {
            guard let row = kinds.firstIndex(where: { $0.contains(index) }),
                let place = kinds[row].firstIndex(of: index),
                place < 256
            else { throw Finding("no edit reaches value \(index) of the template") }
            return [UInt8(row), UInt8(place), UInt8(offset >> 8), UInt8(offset & 0xFF), kind, byte]
        }
        return try edit(page, byte - ValueHeader.size, 0, free & (~free + 1))
            + edit(
                manifest, ends + 12 - ValueHeader.size, 1,
                UInt8(truncatingIfNeeded: record.segments[place].tombstones + 1))
    }

    /// Short lists and small blocks, because there are few documents.
    static var blocks: BlockSettings {
        var settings = BlockSettings()
        (settings.postingsPerTerm, settings.leastPostings, settings.smallestBlock) = (20, 4, 1)
        return settings
    }

    private static func document(_ number: Int) throws -> Document {
        var random = SeededGenerator(UInt64(number))
        var terms: [String: Float] = ["all": 1 + Float(number % 7)]
        for _ in 0..<4 { terms["t\(random.next() % 60)"] = Float(1 + random.next() % 200) / 16 }
        let hasVectors = number < 100 && number % 9 == 1
        return Document(
            id: "d\(number)", terms: terms, payload: Array("the payload of document \(number), with words".utf8),
            tags: number % 3 == 0 ? ["three", "n\(number % 9)"] : [], attributes: attributes(number),
            multivector: hasVectors
                ? try Multivector(dimension: 4, components: (0..<8).map { Float(number % 11) - Float($0) / 2 }) : nil)
    }

    private static func attributes(_ number: Int) -> [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [
            "number": .integer(Int64(number)), "lang": .string(["de", "en", "fr"][number % 3]),
        ]
        if number % 2 == 0 { attributes["share"] = .number(Double(number) / 8) }
        if number % 5 == 0 { attributes["day"] = .date(Int64(number) * 86_400_000_000) }
        if number % 7 == 0 {
            attributes["even"] = .boolean(number % 2 == 0)
            attributes["sizes"] = .integers([Int64(number), 7])
            attributes["topics"] = .strings(["a", "b", "c"].suffix(number % 3 + 1))
        }
        return attributes
    }

    private static func entries(_ path: String, _ file: [UInt8]) throws -> [Entry] {
        let environment = try Environment.open(
            at: FilePath(path), options: EnvironmentOptions(), tables: TableNumber.allCases.map(\.name)
        ) { _, _ in }
        defer { environment.close() }
        let reader = try environment.beginRead()
        var entries: [Entry] = []
        for table in TableNumber.allCases {
            var cursor = try reader.reader.cursor(environment.table(named: table.name))
            while let entry = try cursor.next() {
                guard let address = entry.value.baseAddress else { throw Finding("a value of the template is empty") }
                entries.append(
                    Entry(
                        table: table, key: Array(entry.key), value: Array(entry.value), offset: Int(bitPattern: address)
                    ))
            }
        }
        return try located(entries, in: file)
    }

    /// Returns the entries with positions in the file instead of addresses. LMDB maps the file as one piece, so all
    /// addresses differ from the positions by the same number. Old copies of a value in free pages differ by another
    /// number.
    private static func located(_ entries: [Entry], in file: [UInt8]) throws -> [Entry] {
        let data = Data(file)
        var start = 0
        while let found = data.range(of: Data(entries[0].value), in: start..<data.count) {
            let shift = found.lowerBound - entries[0].offset
            let moved = entries.map {
                Entry(table: $0.table, key: $0.key, value: $0.value, offset: $0.offset + shift)
            }
            if moved.allSatisfy({
                $0.offset >= 0 && file[min($0.offset, file.count)...].starts(with: $0.value)
            }) {
                return moved
            }
            start = found.lowerBound + 1
        }
        throw Finding("the values of the template are not in its file")
    }
}
