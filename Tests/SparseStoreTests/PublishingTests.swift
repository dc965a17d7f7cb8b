import Foundation
import LMDB
import Platform
import SystemPackage
import Testing

@testable import SparseStore

@Suite struct PublishingTests {
    /// What a store holds, document by document.
    private static func contents(_ store: Store) throws -> [Document] {
        var documents: [Document] = []
        try store.read { snapshot in
            try snapshot.forEachDocument { document in
                documents.append(document)
                return true
            }
        }
        return documents.sorted { $0.id < $1.id }
    }

    private static func document(_ number: Int, round: Int) -> Document {
        Document(
            id: "d\(number)", terms: ["a": Float(number + 1), "b\(number % 7)": Float(round % 9 + 1)],
            payload: Array("round \(round) ".utf8) + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 300))
    }

    private static func write(_ store: Store, _ numbers: Range<Int>, round: Int) throws {
        try store.write { for number in numbers { try $0.upsert(document(number, round: round)) } }
    }

    private static func readOnly(_ path: String) throws -> Store {
        var configuration = Configuration()
        configuration.isReadOnly = true
        return try Store.open(at: path, configuration: configuration)
    }

    private struct Place {
        let temporary: TemporaryStore
        var target: FolderTarget { FolderTarget(at: folder) }
        var folder: String { path("target") }

        init() throws { temporary = try TemporaryStore() }

        func path(_ name: String) -> String { temporary.directory.appendingPathComponent(name).path }

        /// The regular files of the target.
        func objects() throws -> [URL] {
            let walk = FileManager.default.enumerator(
                at: URL(fileURLWithPath: folder), includingPropertiesForKeys: [.isRegularFileKey])
            return try (walk?.allObjects as? [URL] ?? [])
                .filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
                .filter { $0.lastPathComponent != "lock" }.sorted { $0.path < $1.path }
        }
    }

    private func code(_ body: () throws -> Void) -> SparseStoreError.Code? {
        do { try body() } catch { return (error as? SparseStoreError)?.code }
        return nil
    }

    @Test(arguments: 1...6)
    func `every publication of a random history makes its commit again`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let place = try Place()
        let store = try place.temporary.open { $0.maintenance = seed % 2 == 0 ? .background : .manual }
        var history: [UInt64: [Document]] = [:]
        for round in 0..<12 {
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: try store.optimize()
            case 1: try store.compact()
            default: break
            }
            let first = Int.random(in: 0..<200, using: &generator)
            let count = Int.random(in: 1...60, using: &generator)
            try store.write { transaction in
                for number in first..<first + count {
                    if Bool.random(using: &generator), number % 3 == 0 {
                        try transaction.remove("d\(number)")
                    } else {
                        try transaction.upsert(Self.document(number, round: round))
                    }
                }
            }
            let report = try store.publish(to: place.target)
            history[report.generation] = try Self.contents(store)
        }
        let copy = place.path("copy.sparse")
        for generation in history.keys.sorted() + history.keys.shuffled(using: &generator) {
            try Follower(of: place.target, at: copy).follow(to: generation)
            let made = try Self.readOnly(copy)
            defer { made.close() }
            #expect(try Self.contents(made) == history[generation], "generation \(generation)")
            #expect(try made.verify(.deep).isClean)
        }
        // A copy is a store like any other.
        let restored = place.path("restored.sparse")
        try Follower(of: place.target, at: restored).follow()
        let writable = try Store.open(at: restored)
        try Self.write(writable, 500..<520, round: 1)
        #expect(try writable.verify(.deep).isClean)
    }

    @Test(.enabled(if: SecondReader.isWanted, "no python3 with lmdb and zstandard"))
    func `the second reader makes the same file of a publication`() throws {
        let place = try Place()
        let store = try place.temporary.open { $0.maintenance = .manual }
        for round in 0..<4 { try Self.write(store, round * 50..<round * 50 + 90, round: round) }
        try store.optimize()
        try store.publish(to: place.target)
        let (copy, other) = (place.path("copy.sparse"), place.path("other.sparse"))
        try Follower(of: place.target, at: copy).follow()
        let output = try SecondReader.restore(place.folder, to: other)
        #expect(output.status == 0, "\(output.errors)")
        #expect(FileManager.default.contentsEqual(atPath: copy, andPath: other))
    }

    @Test func `publications taken while writing are whole commits`() throws {
        let place = try Place()
        let store = try place.temporary.open()
        try Self.write(store, 0..<40, round: 0)
        let stop = Lock(false)
        let writer = Thread {
            var round = 1
            while !stop.withLock({ $0 }) {
                try? Self.write(store, 0..<40, round: round)
                round += 1
            }
        }
        writer.start()
        defer { stop.withLock { $0 = true } }
        for number in 0..<6 {
            try store.publish(to: place.target)
            let copy = place.path("copy\(number).sparse")
            try Follower(of: place.target, at: copy).follow()
            let made = try Self.readOnly(copy)
            #expect(try made.verify(.deep).isClean)
            // Payloads begin with their round.
            #expect(Set(try Self.contents(made).map { $0.payload?.dropLast(300) }).count == 1)
        }
    }

    @Test func `a small commit ships little, and none ships nothing`() throws {
        let place = try Place()
        let store = try place.temporary.open { $0.maintenance = .manual }
        for start in stride(from: 0, to: 6_000, by: 1_000) { try Self.write(store, start..<start + 1_000, round: 0) }
        let first = try store.publish(to: place.target)
        #expect(try store.publish(to: place.target).bytes == 0)
        try Self.write(store, 7..<8, round: 1)
        let second = try store.publish(to: place.target)
        #expect(second.isNew)
        #expect(second.bytes < first.bytes / 3)
    }

    @Test func `no damaged or missing object gives a copy, and the error names it`() throws {
        let place = try Place()
        let store = try place.temporary.open { $0.maintenance = .manual }
        try Self.write(store, 0..<30, round: 0)
        try store.publish(to: place.target)
        let copy = place.path("copy.sparse")
        try Follower(of: place.target, at: copy).follow()
        let before = try Data(contentsOf: URL(fileURLWithPath: copy))
        try Self.write(store, 10..<20, round: 1)
        try store.publish(to: place.target)
        let newest = try #require(try Catalog(place.target).manifests().last).object
        var generator = SeededGenerator(seed: 5)
        for object in try place.objects() {
            let sound = try Data(contentsOf: object)
            // What only the older publication needs is not read; of the rest each byte counts, in a copy made from nothing.
            var cases = (0..<8).map { _ in Int.random(in: 0..<sound.count, using: &generator) }.map { byte -> Data in
                var damaged = sound
                damaged[byte] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
                return damaged
            }
            cases += [sound.dropLast(), sound + [0], Data()]
            for damaged in cases {
                try damaged.write(to: object)
                do {
                    let fresh = place.path("fresh.sparse")
                    defer { try? FileManager.default.removeItem(atPath: fresh) }
                    try Follower(of: place.target, at: fresh).follow()
                    // Then the object was not needed, or a bit that decides nothing was hit.
                    let made = try Self.readOnly(fresh)
                    #expect(try Self.contents(made) == Self.contents(store))
                    made.close()
                } catch let error as SparseStoreError {
                    #expect([.corrupted, .incompatibleFormat].contains(error.code), "\(error)")
                    let name = object.path.dropFirst(place.folder.count + 1)
                    #expect(error.message.contains(name), "\(name): \(error)")
                }
            }
            try sound.write(to: object)
        }
        try FileManager.default.removeItem(atPath: "\(place.folder)/\(newest)")
        #expect(try Follower(of: place.target, at: copy).follow().isNew == false)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == before)
        // Publishing again brings back what is missing.
        try FileManager.default.removeItem(atPath: "\(place.folder)/chunks")
        #expect(code { try Follower(of: place.target, at: place.path("none.sparse")).follow() } == .corrupted)
        try store.publish(to: place.target)
        #expect(try Follower(of: place.target, at: copy).follow().isNew)
    }

    @Test func `searches go on through swaps, and find a generation that they ask for`() throws {
        let place = try Place()
        let store = try place.temporary.open()
        try Self.write(store, 0..<50, round: 0)
        try store.publish(to: place.target)
        let copy = place.path("copy.sparse")
        try Follower(of: place.target, at: copy).follow()
        let reader = try Self.readOnly(copy)
        let stop = Lock(false)
        let failures = Lock<[String]>([])
        let searches = Lock(0)
        let threads = (0..<3).map { _ in
            Thread {
                while !stop.withLock({ $0 }) {
                    do {
                        let rounds = try reader.read { snapshot in
                            try Set(
                                snapshot.search(["a": 1], options: SearchOptions(limit: 50, fields: .payload))
                                    .map { $0.payload?.prefix(8) })
                        }
                        if rounds.count != 1 { failures.withLock { $0.append("\(rounds.count) rounds in one answer") } }
                        searches.withLock { $0 += 1 }
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
            }
        }
        for thread in threads { thread.start() }
        for round in 1...8 {
            try Self.write(store, 0..<50, round: round)
            let generation = try store.publish(to: place.target).generation
            #expect(try Follower(of: place.target, at: copy).follow().isNew)
            let result = try reader.search(
                ["a": 1], options: SearchOptions(limit: 1, fields: .payload), atLeast: generation)
            #expect(result.generation == generation)
            #expect(result.first?.payload?.starts(with: Array("round \(round) ".utf8)) == true)
        }
        stop.withLock { $0 = true }
        while threads.contains(where: { !$0.isFinished }) { usleep(1_000) }
        #expect(failures.withLock { $0 } == [])
        #expect(searches.withLock { $0 } > 0)
        #expect(try reader.refresh() == false)
    }

    @Test func `a held snapshot keeps its commit while the file is replaced`() throws {
        let place = try Place()
        let store = try place.temporary.open()
        try Self.write(store, 0..<20, round: 0)
        try store.publish(to: place.target)
        let copy = place.path("copy.sparse")
        try Follower(of: place.target, at: copy).follow()
        let reader = try Self.readOnly(copy)
        try reader.read { snapshot in
            try Self.write(store, 0..<30, round: 1)
            try store.publish(to: place.target)
            try Follower(of: place.target, at: copy).follow()
            #expect(snapshot.count == 20)
            let options = SearchOptions(limit: 30, recall: .exact)
            #expect(try snapshot.search(["a": 1], options: options).count == 20)
            // Another handle, as of another process, has the new one.
            #expect(try reader.search(["a": 1], limit: 30, recall: .exact).count == 20)
        }
        #expect(try reader.refresh())
        #expect(try reader.search(["a": 1], limit: 30, recall: .exact).count == 30)
    }

    @Test func `a follower replaces nothing but what a follower has made`() throws {
        let place = try Place()
        let store = try place.temporary.open { $0.maintenance = .manual }
        try Self.write(store, 0..<20, round: 0)
        try store.publish(to: place.target)
        // The store itself, a foreign file, a store of its own.
        let other = place.path("other.sparse")
        try Self.write(try Store.open(at: other), 0..<3, round: 0)
        let text = place.path("text")
        try Data("precious".utf8).write(to: URL(fileURLWithPath: text))
        for path in [place.temporary.path, other, text] {
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(code { try Follower(of: place.target, at: path).follow() } == .invalidArgument, "\(path)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        }
        // A copy that is open for writing, and one that was written.
        let copy = place.path("copy.sparse")
        try Follower(of: place.target, at: copy).follow()
        try Self.write(store, 0..<20, round: 1)
        try store.publish(to: place.target)
        do {
            let writer = try Store.open(at: copy)
            #if os(Linux)
                #expect(code { try Follower(of: place.target, at: copy).follow() } == .busy)
            #endif
            try Self.write(writer, 0..<1, round: 5)
            writer.close()
        }
        #expect(code { try Follower(of: place.target, at: copy).follow() } == .invalidArgument)
        let after = try Self.readOnly(copy)
        #expect(try after.read { $0.count } == 20)
    }

    @Test func `a target is one store's, and holds nothing else`() throws {
        let place = try Place()
        let store = try place.temporary.open { $0.maintenance = .manual }
        try Self.write(store, 0..<20, round: 0)
        let backup = place.path("backup.sparse")
        try store.backup(to: backup)
        try Self.write(store, 0..<20, round: 1)
        try store.publish(to: place.target)
        let other = try Store.open(at: place.path("other.sparse"))
        #expect(code { try other.publish(to: place.target) } == .invalidArgument)
        // The same store, set back: its next commits are others than those published.
        let old = try Store.open(at: backup)
        #expect(code { try old.publish(to: place.target) } == .invalidArgument)
        let folder = place.path("home")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: "\(folder)/letter"))
        #expect(code { try store.publish(to: FolderTarget(at: folder)) } == .invalidArgument)
        #expect(code { try Follower(of: FolderTarget(at: folder), at: place.path("c.sparse")).follow() } == .notFound)
        #expect(code { try Publication.remove(from: FolderTarget(at: folder), keeping: 1) } == .notFound)
        #expect(try Publication.all(in: place.target).count == 1)
    }

    @Test(arguments: ["target", "manifests", "chunks"])
    func `a pipe, a folder, a link or a huge file in the place of an object is an error`(kind: String) throws {
        for form in ["pipe", "folder", "link", "huge"] {
            let place = try Place()
            let store = try place.temporary.open { $0.maintenance = .manual }
            try Self.write(store, 0..<20, round: 0)
            try store.publish(to: place.target)
            let object = try #require(
                kind == "target"
                    ? "\(place.folder)/target" : place.objects().first { $0.path.contains("/\(kind)/") }?.path)
            try FileManager.default.removeItem(atPath: object)
            switch form {
            case "pipe": #expect(mkfifo(object, 0o600) == 0)
            case "folder": try FileManager.default.createDirectory(atPath: object, withIntermediateDirectories: false)
            case "link": #expect(symlink(".", object) == 0)
            default:
                #expect(FileManager.default.createFile(atPath: object, contents: nil))
                #expect(truncate(object, 1 << 31) == 0)
            }
            let copy = place.path("copy.sparse")
            let found = code { try Follower(of: place.target, at: copy).follow() }
            #expect(found == .corrupted || found == .notFound, "\(form): \(String(describing: found))")
            #expect(!FileManager.default.fileExists(atPath: copy))
            // Publishing writes what is missing, or says what is in the way.
            let published = code { try store.publish(to: place.target) }
            #expect(published != .internalError, "\(form)")
        }
    }

    @Test func `links to folders in a target are not followed`() throws {
        let place = try Place()
        let store = try place.temporary.open { $0.maintenance = .manual }
        try Self.write(store, 0..<20, round: 0)
        try store.publish(to: place.target)
        // Two links from each of two folders to both: 2^40 paths, as deep as the system allows.
        for folder in ["manifests", "chunks"] {
            #expect(symlink("..", "\(place.folder)/\(folder)/up") == 0)
            #expect(symlink(".", "\(place.folder)/\(folder)/same") == 0)
        }
        #expect(try Publication.all(in: place.target).count == 1)
        try Follower(of: place.target, at: place.path("copy.sparse")).follow()
        try Publication.remove(from: place.target, keeping: 1)
    }

    @Test func `what is kept can be restored after others were removed`() throws {
        let place = try Place()
        let store = try place.temporary.open { $0.maintenance = .manual }
        var history: [UInt64: [Document]] = [:]
        for round in 0..<8 {
            try Self.write(store, round * 20..<round * 20 + 40, round: round)
            history[try store.publish(to: place.target).generation] = try Self.contents(store)
        }
        let before = try place.objects().count
        let removal = try Publication.remove(from: place.target, keeping: 3)
        #expect(removal.publications == 5)
        #expect(removal.chunks > 0)
        #expect(try place.objects().count == before - removal.publications - removal.chunks)
        let kept = try Publication.all(in: place.target).map(\.generation)
        #expect(kept == history.keys.sorted().suffix(3))
        for generation in kept {
            let copy = place.path("\(generation).sparse")
            try Follower(of: place.target, at: copy).follow(to: generation)
            #expect(try Self.contents(try Self.readOnly(copy)) == history[generation])
        }
        #expect(try Publication.remove(from: place.target, keeping: 3).chunks == 0)
        #expect(code { try Publication.remove(from: place.target, keeping: 0) } == .invalidArgument)
        // A damaged publication that stays: nothing is removed that it may name.
        let manifest = try #require(try Catalog(place.target).manifests().last).object
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(place.folder)/\(manifest)"))
        let objects = try place.objects().count
        #expect(code { try Publication.remove(from: place.target, keeping: 1) } == .corrupted)
        #expect(try place.objects().count == objects)
    }

    @Test(arguments: ["incoming/mine", "incoming/0123456789abcdef", "mine"])
    func `a folder with somebody else's files is refused, and nothing in it changes`(name: String) throws {
        let place = try Place()
        let store = try place.temporary.open()
        try Self.write(store, 0..<5, round: 0)
        let file = URL(fileURLWithPath: "\(place.folder)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: file)
        #expect(code { try store.publish(to: place.target) } == .invalidArgument)
        #expect(code { try Publication.remove(from: place.target, keeping: 1) } == .notFound)
        #expect(try place.objects().map(\.lastPathComponent) == [file.lastPathComponent])
        #expect(try Data(contentsOf: file) == Data("mine".utf8))
    }

    @Test func `publishers, followers and a remover of one target get along`() async throws {
        let place = try Place()
        let store = try place.temporary.open()
        try Self.write(store, 0..<50, round: 0)
        try await store.publish(to: place.target)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<3 {
                group.addTask {
                    for round in 0..<4 {
                        try await store.write { transaction in
                            try transaction.upsert(Self.document(task, round: round))
                        }
                        try await store.publish(to: place.target)
                    }
                }
            }
            group.addTask {
                for _ in 0..<4 {
                    _ = try await Task.detached { try Publication.remove(from: place.target, keeping: 2) }.value
                }
            }
            for task in 0..<2 {
                group.addTask {
                    let follower = Follower(of: place.target, at: place.path("copy\(task).sparse"))
                    for _ in 0..<6 {
                        do {
                            try await follower.follow()
                        } catch let error as SparseStoreError where error.code == .corrupted {
                            // Its publication was removed on the way.
                            #expect(error.message.contains("is missing"), "\(error)")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        for publication in try Publication.all(in: place.target) {
            let copy = place.path("check\(publication.generation).sparse")
            if FileManager.default.fileExists(atPath: copy) { continue }
            try await Follower(of: place.target, at: copy).follow(to: publication.generation)
            #expect(try await Self.readOnly(copy).verify(.deep).isClean)
        }
    }
}
