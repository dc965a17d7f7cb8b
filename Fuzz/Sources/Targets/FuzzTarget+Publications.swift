import Foundation

@testable import SparseFormat
@testable import SparseStore

extension FuzzTarget {
    /// A folder to which a small store was published twice is forged (``ForgedPublications``). Every call on it must
    /// end. A copy that follows it has a commit of the store, or is unchanged.
    ///
    /// The first byte selects the calls: bits 0 and 1 what is at the path of the copy (nothing, the first commit, or
    /// something else), bit 2 the generation to follow to, bit 3 publishing, bit 4 removing old publications.
    static let publications = FuzzTarget(
        name: "publications", longest: 1 + 6 * 12,
        seeds: {
            let calls: [UInt8] = [0, 1, 2, 5, 0x19]
            return calls.map { [$0] } + (0..<8).map { kind in [0x19, kind, 1, 0, 40, 1, 9] }
                + (0..<8).map { structure in [0x1D, 6, structure, structure, 0, 0, 0] }
        },
        run: { bytes in
            guard let first = bytes.first else { return }
            let edits = Edits(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
            try PublicationProbe(try PublishedStore.shared.get(), edits, calls: first).run()
        })
}

/// Makes every kind of call on a forged folder.
private struct PublicationProbe {
    private let published: PublishedStore
    private let forged: ForgedPublications
    private let calls: UInt8
    private let folder: TemporaryFolder

    init(_ published: PublishedStore, _ edits: Edits, calls: UInt8) throws {
        self.published = published
        self.calls = calls
        forged = try ForgedPublications(published, edits)
        folder = try TemporaryFolder()
        try forged.write(to: folder.path("target"))
    }

    private var target: FolderTarget { FolderTarget(at: folder.path("target")) }

    func run() throws {
        _ = try attempt { try Publication.all(in: target) }
        let generation = calls & 4 == 0 ? nil : published.generations[0]
        try follow(to: generation)
        if calls & 8 != 0 { try publish() }
        if calls & 16 != 0 { try remove() }
    }

    private func attempt<Value>(_ body: () throws -> Value) throws -> Value? {
        try Finding.allowing({ ($0 as? SparseStoreError).map { $0.code != .internalError } ?? false }, body)
    }

    private func follow(to generation: UInt64?) throws {
        let copies = folder.path("copies")
        try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: false)
        let path = copies + "/copy"
        let before: [UInt8]? =
            switch calls & 3 {
            case 0: nil
            case 1, 3: published.copy
            default: published.file
            }
        if let before { try Data(before).write(to: URL(fileURLWithPath: path)) }
        let report = try attempt { try Follower(of: target, at: path).follow(to: generation) }
        let names = try FileManager.default.contentsOfDirectory(atPath: copies)
        try Finding.unless(Set(names).isSubset(of: ["copy", "copy-lock"]), "following left \(names)")
        guard let report else {
            let after = FileManager.default.contents(atPath: path).map { Array($0) }
            return try Finding.unless(after == before, "a copy that was refused is not as it was")
        }
        var configuration = Configuration()
        configuration.isReadOnly = true
        let copy = try Store.open(at: path, configuration: configuration)
        defer { copy.close() }
        try copy.read { snapshot in
            try Finding.unless(snapshot.generation == report.generation, "the copy has another generation")
            guard let known = published.documents[snapshot.generation] else {
                throw Finding("a generation that was never published")
            }
            var count = 0
            try snapshot.forEachDocument { document in
                count += 1
                try Finding.unless(
                    known[document.id].map { Model.areEqual($0, document) } == true,
                    "\(document.id) is not as it was written")
                return true
            }
            try Finding.unless(count == known.count, "\(count) documents of \(known.count)")
        }
    }

    private func publish() throws {
        let path = folder.path("store")
        try Data(published.file).write(to: URL(fileURLWithPath: path))
        let store = try Store.open(at: path)
        defer { store.close() }
        guard try attempt({ try store.publish(to: target) }) != nil else { return }
        let newest = try attempt { try Publication.all(in: target).last }
        // Other publications may be damaged.
        guard let publication = newest ?? nil else { return }
        try Finding.unless(
            publication.generation == published.generations[1], "what was published is not the newest publication")
    }

    /// What remains when old publications are removed can be followed if it could be before.
    private func remove() throws {
        func canFollow(_ name: String) throws -> Bool {
            try attempt { try Follower(of: target, at: folder.path(name)).follow() } != nil
        }
        let could = try canFollow("before")
        guard try attempt({ try Publication.remove(from: target, keeping: 1) }) != nil, could else { return }
        try Finding.unless(try canFollow("after"), "removing others broke the newest publication")
    }
}
