import Foundation
import LMDB
import SparseFormat
import SystemPackage
import Testing

@testable import SparseStore

/// What a second reader, written from FORMAT.md alone, reads in a store is what the engine reads there.
@Suite(.enabled(if: SecondReader.isWanted, "no python3 with lmdb and zstandard"))
struct SecondReaderTests {
    private func numbers(_ value: Any?) -> [Int] { (value as? [NSNumber])?.map(\.intValue) ?? [] }
    private func floats(_ value: Any?) -> [Float] { (value as? [NSNumber])?.map(\.floatValue) ?? [] }

    @Test(arguments: SoundStore.allCases) func `both readers read the same`(_ sound: SoundStore) throws {
        let copy = try DamagedStore(sound)
        let output = try SecondReader.read(copy.store.path.string)
        #expect(output.status == 0, "\(output.errors)")
        try compareDocuments(output, copy)
        try compareSegments(output, copy)
        try compareBlocks(output, copy)
    }

    /// Numbers that the format does not have, each behind a right checksum.
    private static let unknownNumbers: [(name: String, table: TableNumber, key: [UInt8], offset: Int, byte: UInt8)] = [
        ("a segment of the kind 2", .meta, Keys.manifest, 92, 2),
        ("a reserved byte of a segment's entry", .meta, Keys.manifest, 93, 1),
        ("a segment's second flag", .meta, Keys.manifest, 94, 2),
        ("a vector in the encoding 2", .documents, Keys.document(1), 2, 2),
        ("a payload in the encoding 3", .documents, Keys.document(1), 3, 3),
        ("a chunk of the codec 2", .segments, Keys.segment(0, part: 2, index: 0), 0, 2),
    ]

    @Test(arguments: unknownNumbers.indices) func `both readers refuse what the format does not have`(_ index: Int)
        throws
    {
        let (name, table, key, offset, byte) = Self.unknownNumbers[index]
        let damaged = try DamagedStore(.small)
        let present = try damaged.keys(table)
        // The ids of segments are those that the store's history gave them.
        let target = try #require(
            present.first { table == .segments ? $0.dropFirst(4) == key.dropFirst(4) : $0 == key })
        try damaged.changeBody(table, target) { $0[offset] = byte }
        #expect(try SecondReader.read(damaged.store.path.string).status == 1, "\(name)")
        #expect(try !damaged.store.verify(.deep).isClean, "\(name)")
    }

    @Test func `both readers refuse a name of a bookmark that is too long`() throws {
        let damaged = try DamagedStore(.small)
        let key = Keys.bookmark(String(repeating: "n", count: Limits.maximumBookmarkNameBytes + 1))
        let value = BookmarkRecord(bytes: [1]).sealed(in: .meta, key: key)
        try damaged.write { try $0.put(.meta, key, value) }
        #expect(try SecondReader.read(damaged.store.path.string).status == 1)
        #expect(try !damaged.store.verify(.deep).isClean)
    }

    private func compareDocuments(_ output: SecondReader.Output, _ copy: DamagedStore) throws {
        let manifest = try copy.manifest()
        let read = try #require(output.all("manifest").first)
        #expect(read["generation"] as? UInt64 == manifest.generation)
        #expect(read["nextDocument"] as? UInt64 == manifest.nextDocument)
        #expect(read["bytesWritten"] as? UInt64 == manifest.bytesWritten)
        #expect((read["segments"] as? [Any])?.count == manifest.segments.count)

        let names = Dictionary(
            uniqueKeysWithValues: output.all("term").map { ($0["number"] as? Int ?? -1, $0["name"] as? String ?? "") })
        var documents = output.all("document")[...]
        #expect(documents.count == Int(manifest.documents))
        try copy.store.read { snapshot in
            try snapshot.forEachDocument { document in
                let other = documents.removeFirst()
                #expect(other["id"] as? String == document.id)
                #expect(other["tags"] as? [String] == document.tags)
                #expect(other["payload"] as? String == document.payload.map { Hexadecimal.text($0) })
                switch document.content {
                case .vector(let vector):
                    #expect(numbers(other["terms"]) == vector.terms.map(Int.init))
                    #expect(floats(other["weights"]) == vector.weights)
                case .terms(let terms):
                    #expect(numbers(other["terms"]).map { names[$0] } == terms.map(\.term))
                    #expect(floats(other["weights"]) == terms.map(\.weight))
                case nil:
                    #expect(numbers(other["terms"]).isEmpty)
                    #expect(floats(other["weights"]).isEmpty)
                }
                return true
            }
            var frequencies: [[Int]] = []
            try snapshot.forEachTerm { frequencies.append([Int($0), $1]) }
            let read = output.records.first { $0.name == "frequencies" }?.record as? [[Int]]
            #expect(read == frequencies)
        }
    }

    private func compareSegments(_ output: SecondReader.Output, _ copy: DamagedStore) throws {
        var lists = output.all("list")[...]
        var vectors = output.all("vector")[...]
        var tags = output.all("tag")[...]
        try copy.store.read { snapshot in
            for (number, member) in snapshot.index.members.enumerated() {
                let window = member.segment
                let directory = window.directory
                for position in 0..<directory.count {
                    let other = lists.removeFirst()
                    let entry = directory.entry(at: position)
                    #expect(other["segment"] as? UInt32 == window.id)
                    #expect(other["term"] as? UInt32 == directory.term(at: position))
                    #expect((other["maximum"] as? NSNumber)?.floatValue == entry.maximum)
                    #expect(other["encoding"] as? UInt8 == entry.encoding.rawValue)
                    let levels = 1...directory.levels
                    #expect(numbers(other["ends"]) == levels.map { directory.postings(at: position, levels: $0) })
                    #expect(
                        numbers(other["averages"])
                            == levels.map { Int(directory.averageCode(at: position, level: $0 - 1)) })
                    let postings = try window.postings(at: position)
                    #expect(
                        other["postings"] as? [[Int]]
                            == zip(postings.ordinals, postings.codes).map { [Int($0), Int($1)] })
                }
                for ordinal in 0..<window.documentCount {
                    // Of a dead document a compact window has nothing left.
                    if window.isCompact, !member.isLive(ordinal) { continue }
                    let other = vectors.removeFirst()
                    let place = DocumentPlace(window: number, ordinal: ordinal)
                    #expect(other["id"] as? String == (try snapshot.view.vector(of: place).identifier()))
                    var components: [(term: TermID, weight: Float)] = []
                    try snapshot.view.forEachComponent(of: place) { components.append(($0, $1)) }
                    #expect(numbers(other["terms"]) == components.map { Int($0.term) })
                    #expect(floats(other["weights"]) == components.map(\.weight))
                }
                for table in try window.tags.tables() {
                    for index in 0..<table.count {
                        let other = tags.removeFirst()
                        #expect(other["name"] as? String == table.name(at: index))
                        var bitmap = Bitmap(count: window.documentCount)
                        try window.tags.insert(table.name(at: index), into: &bitmap)
                        #expect(numbers(other["ordinals"]) == (0..<bitmap.count).filter(bitmap.contains))
                    }
                }
            }
        }
        #expect(lists.isEmpty)
        #expect(vectors.isEmpty)
        #expect(tags.isEmpty)
    }

    private func compareBlocks(_ output: SecondReader.Output, _ copy: DamagedStore) throws {
        guard let record = try copy.blocks() else { return }
        let read = try #require(output.all("blocks").first)
        #expect(read["number"] as? UInt32 == record.number)
        #expect(read["sources"] as? [[Int]] == record.sources.map { [Int($0.segment), Int($0.documents)] })
        let lists = output.all("blockList")
        let index = try #require(try copy.store.read { $0.index.blocks }).index
        #expect(read["slots"] as? Int == index.directory.slots && read["lines"] as? Int == index.directory.lines)
        #expect(lists.count == index.directory.entries.count)
        for (position, (other, entry)) in zip(lists, index.directory.entries).enumerated() {
            #expect(other["term"] as? UInt32 == entry.term)
            #expect(other["number"] as? UInt16 == index.directory.numbers[position])
            #expect((other["maximum"] as? NSNumber)?.floatValue == entry.maximum)
            let one = other["list"] as? [String: Any]
            guard let list = try index.list(at: position) else {
                #expect(one == nil)
                continue
            }
            #expect(numbers(one?["slots"]) == (0..<list.postings).map(list.slot))
            #expect(numbers(one?["ends"]) == (0..<list.blocks).map { list.range(of: $0).upperBound })
            var components: [[Int]] = []
            list.forEachComponent { components.append([$1, $0, Int($2)]) }
            #expect(one?["components"] as? [[Int]] == components)
        }
    }

    /// Most of what breaks a rule between values is found by the second reader too: it is no echo of the first.
    @Test func `the second reader sees planted damage`() throws {
        let names = [
            "an identifier of another", "a name gone", "one term more", "a tag gone from the index",
            "a code of a short list", "a code of a compact window", "a term that a compact window lacks",
            "the lowest bit of a weight", "a value under another's key", "a code of a document in the block index",
            "a summary's code too low", "a slot of no document", "a live document without a slot",
            "a maximum below a source's", "a number of another term in the block directory",
        ]
        for damage in PlantedDamage.all where names.contains(damage.name) {
            let copy = try DamagedStore(damage.sound)
            try damage.plant(copy)
            #expect(try SecondReader.read(copy.store.path.string).status == 1, "\(damage.name)")
        }
    }
}
