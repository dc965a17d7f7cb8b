import Foundation

@testable import SparseFormat
@testable import SparseStore

/// A small store with two publications in a folder.
struct PublishedStore: Sendable {
    /// The file of the store.
    let file: [UInt8]
    /// The file of a copy of the first publication.
    let copy: [UInt8]
    let generations: [UInt64]
    let documents: [UInt64: [String: Document]]
    /// The files of the folder by name.
    let objects: [String: [UInt8]]

    static let shared = Result { try PublishedStore() }

    private init() throws {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        configuration.maintenance = .manual
        let store = try Store.open(at: folder.path("store"), configuration: configuration)
        let target = FolderTarget(at: folder.path("target"))
        var (generations, documents) = ([UInt64](), [UInt64: [String: Document]]())
        var current: [String: Document] = [:]
        for round in 0..<2 {
            let changed = (round * 20..<24 + round * 8).map { Self.document($0, round: round) }
            for document in changed { current[document.id] = document }
            try store.write { for document in changed { try $0.upsert(document) } }
            generations.append(try store.publish(to: target).generation)
            documents[generations[round]] = current
            if round == 0 { try Follower(of: target, at: folder.path("copy")).follow() }
        }
        store.close()
        self.generations = generations
        self.documents = documents
        file = try folder.read("store")
        copy = try folder.read("copy")
        let names = try ["manifests", "chunks"].flatMap { try target.names(in: $0) } + ["target"]
        objects = try Dictionary(uniqueKeysWithValues: names.map { ($0, try folder.read("target/\($0)")) })
    }

    private static func document(_ number: Int, round: Int) -> Document {
        Document(
            id: "d\(number)", terms: ["all": Float(number + 1), "b\(number % 7)": Float(round + 1)],
            payload: [UInt8](repeating: UInt8(truncatingIfNeeded: number * 7 + round), count: 40 * number))
    }
}

/// The files of a published store after edits. The upper byte of an edit's index selects what is edited: the
/// description of the target, a manifest, a chunk, a node, or the folder itself; the first two also behind a correct
/// hash. A node is always behind a correct hash, and so is the manifest that names it.
struct ForgedPublications {
    private enum Entry {
        case file([UInt8])
        case folder
        case link(String)
        case pipe
        /// An empty file that claims to be longer than any object.
        case huge
    }

    private var entries: [String: Entry] = [:]

    private static let junk = [
        "manifests/x", "manifests/00000000000000000001-", "chunks/00/00", "chunks/zz", "incoming/new-0123456789abcdef",
        "incoming/mine", "mine", "chunks/00/\(String(repeating: "0", count: 64))",
    ]

    init(_ published: PublishedStore, _ edits: Edits) throws {
        var objects = published.objects
        var structure: [Edits.Edit] = []
        for edit in edits.list {
            switch (edit.index >> 8) % 8 {
            case 0: edit.apply(toObject: "target", in: &objects)
            case 1:
                edit.apply(toObject: "target", in: &objects)
                Self.seal(&objects)
            case 2: Self.manifest(edit, objects).map { edit.apply(toObject: $0, in: &objects) }
            case 3:
                guard let name = Self.manifest(edit, objects), var bytes = objects.removeValue(forKey: name) else {
                    continue
                }
                edit.apply(to: &bytes, from: 0, in: bytes.count)
                Self.insert(manifest: bytes, into: &objects)
            case 4: try Self.forgeNode(edit, &objects)
            case 5: Self.chunk(edit, objects).map { edit.apply(toObject: $0, in: &objects) }
            default: structure.append(edit)
            }
        }
        entries = objects.mapValues(Entry.file)
        for edit in structure { restructure(edit) }
    }

    private static func manifest(_ edit: Edits.Edit, _ objects: [String: [UInt8]]) -> String? {
        name(edit, in: "manifests/", objects)
    }

    private static func chunk(_ edit: Edits.Edit, _ objects: [String: [UInt8]]) -> String? {
        name(edit, in: "chunks/", objects)
    }

    /// The object in a folder that the lower byte of the edit's index selects.
    private static func name(_ edit: Edits.Edit, in folder: String, _ objects: [String: [UInt8]]) -> String? {
        let names = objects.keys.filter { $0.hasPrefix(folder) }.sorted()
        return names.isEmpty ? nil : names[(edit.index & 0xFF) % names.count]
    }

    /// Corrects the checksum at the end of the target's description.
    private static func seal(_ objects: inout [String: [UInt8]]) {
        guard let bytes = objects["target"], bytes.count == 40 else { return }
        let body = Array(bytes.prefix(32))
        objects["target"] = body + FuzzTarget.little(XXH64.hash(body, seed: 0))
    }

    /// Inserts a manifest under its hash and the generation in it.
    private static func insert(manifest bytes: [UInt8], into objects: inout [String: [UInt8]]) {
        guard bytes.count >= 40, let hash = bytes.withUnsafeBytes({ ContentHash(of: $0) }) else { return }
        let generation = bytes[32..<40].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let digits = String(generation)
        objects["manifests/\(String(repeating: "0", count: 20 - digits.count))\(digits)-\(hash)"] = bytes
    }

    /// Edits the node of a manifest, and the manifest that names it. An entry that would be zeros or another extent is
    /// left as it is: it makes a file of pages in the wrong places, which is what `damagedFile` tries.
    private static func forgeNode(_ edit: Edits.Edit, _ objects: inout [String: [UInt8]]) throws {
        guard let name = manifest(edit, objects), let bytes = objects[name], var record = try? PublicationRecord(bytes),
            let node = record.nodes.first, let frame = objects[Catalog.object(node)],
            let content = try? PublishedChunk.content(
                frame, size: PublicationRecord.nodeBytes, hash: node, ZstdDecompressor())
        else { return }
        var forged = content
        edit.apply(to: &forged, from: 0, in: forged.count)
        let size = ContentHash.size
        for start in stride(from: 0, to: min(forged.count, content.count) - size + 1, by: size) {
            let entry = forged[start..<start + size]
            guard entry != content[start..<start + size], let hash = ContentHash(Hexadecimal.text(entry)) else {
                continue
            }
            if hash == .none || objects[Catalog.object(hash)] != nil {
                forged.replaceSubrange(start..<start + size, with: content[start..<start + size])
            }
        }
        guard let hash = forged.withUnsafeBytes({ ContentHash(of: $0) }),
            let frame = forged.withUnsafeBytes({ PublishedChunk.frame($0, ZstdCompressor()) })
        else { throw Finding("a node cannot be written") }
        objects[Catalog.object(hash)] = frame
        record.nodes[0] = hash
        objects[name] = nil
        insert(manifest: record.bytes, into: &objects)
    }

    /// Replaces a file by something else, removes it, or adds one that no publisher writes.
    private mutating func restructure(_ edit: Edits.Edit) {
        let names = (entries.keys + ["lock", "incoming"]).sorted()
        let name = edit.index >> 8 & 1 == 0 ? names[(edit.index & 0xFF) % names.count] : Self.junk[edit.index & 7]
        entries[name] =
            switch edit.offset >> 8 & 7 {
            case 0: nil
            case 1: .folder
            case 2: .link("..")
            case 3: .link(".")
            case 4: .link(names[edit.offset & 0xFF % names.count])
            case 5: .pipe
            case 6: .huge
            default: .file([])
            }
    }

    /// Creates the folder at `path`.
    func write(to path: String) throws {
        let files = FileManager.default
        try files.createDirectory(atPath: path, withIntermediateDirectories: false)
        // Entries may be in each other's way; then the first remains.
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            let place = "\(path)/\(name)"
            let folder = place[..<(place.lastIndex(of: "/") ?? place.endIndex)]
            try? files.createDirectory(atPath: String(folder), withIntermediateDirectories: true)
            switch entry {
            case .file(let bytes): try? Data(bytes).write(to: URL(fileURLWithPath: place))
            case .folder: try? files.createDirectory(atPath: place, withIntermediateDirectories: false)
            case .link(let other): symlink(other, place)
            case .pipe: mkfifo(place, 0o600)
            case .huge:
                try? Data().write(to: URL(fileURLWithPath: place))
                truncate(place, 1 << 31)
            }
        }
    }
}

extension Edits.Edit {
    /// Applies the edit to an object, if it exists.
    fileprivate func apply(toObject name: String, in objects: inout [String: [UInt8]]) {
        guard var bytes = objects[name] else { return }
        apply(to: &bytes, from: 0, in: bytes.count)
        objects[name] = bytes
    }
}
