import Foundation
import SparseStore
import TestSupport
import Testing

@Suite struct PublishCommandTests {
    @Test func `a store is published, followed, listed and restored as of a generation`() throws {
        let folder = TemporaryFolder()
        let (store, target, copy) = (folder.path("s.sparse"), folder.path("target"), folder.path("copy.sparse"))
        try Binary.run("load", store, "-", "--quiet", input: Data(Inputs.lines(300).utf8))
        let first = try Binary.run("publish", store, target, "--json").object()
        #expect(first["new"] as? Bool == true)
        #expect(try Binary.run("publish", store, target, "--json").object()["objects"] as? Int == 0)
        let made = try Binary.run("follow", target, copy, "--once", "--json").object()
        #expect(made["new"] as? Bool == true)
        #expect(made["generation"] as? Int == first["generation"] as? Int)
        let before = try Binary.run("export", copy).output
        #expect(try before == Binary.run("export", store).output)
        try Binary.run("remove", store, "1", "2", "3")
        #expect(try Binary.run("publish", store, target).output.contains("published generation"))
        #expect(try Binary.run("follow", target, copy, "--once").output.contains("fetched"))
        #expect(try Binary.run("follow", target, copy, "--once").output.contains("already"))
        #expect(try Binary.run("export", copy).output == Binary.run("export", store).output)
        let listing = try Binary.run("publications", target, "--json").output.split(separator: "\n")
        #expect(listing.count == 2)
        let generation = try #require(first["generation"] as? Int)
        let earlier = folder.path("earlier.sparse")
        #expect(try Binary.run("follow", target, earlier, "--once", "--at", "\(generation)").status == 0)
        #expect(try Binary.run("export", earlier).output == before)
        // Only the newest stays.
        #expect(try Binary.run("publish", store, target, "--keep", "1").output.contains("removed 1 publications"))
        #expect(try Binary.run("publications", target).output.split(separator: "\n").count == 2)
        let gone = try Binary.run("follow", target, folder.path("gone.sparse"), "--once", "--at", "\(generation)")
        #expect(gone.status == 2)
        #expect(gone.errors.contains("generation \(generation)"))
    }

    @Test func `a follower that runs brings each publication, and ends at the first interrupt`() throws {
        let folder = TemporaryFolder()
        let (store, target, copy) = (folder.path("s.sparse"), folder.path("target"), folder.path("copy.sparse"))
        let follower = try Binary.Running(["follow", target, copy, "--every", "0.05", "--json"])
        try Binary.run("load", store, "-", "--quiet", input: Data(Inputs.lines(50).utf8))
        let generation = try #require(try Binary.run("publish", store, target, "--json").object()["generation"] as? Int)
        while !FileManager.default.fileExists(atPath: copy) { usleep(10_000) }
        var configuration = Configuration()
        configuration.isReadOnly = true
        let reader = try Store.open(at: copy, configuration: configuration)
        #expect(try reader.read { $0.generation } == UInt64(generation))
        try Binary.run("remove", store, "1")
        let next = try #require(try Binary.run("publish", store, target, "--json").object()["generation"] as? Int)
        // This process reads on, and finds the file that the other process has put there.
        let count = try reader.read(atLeast: UInt64(next), waitingUpTo: .seconds(30)) { $0.count }
        #expect(count == 49)
        follower.process.interrupt()
        let ended = try follower.finish()
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.output.split(separator: "\n").count == 2)
    }

    @Test func `no target is the store itself, and no copy goes over a file`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        try Binary.run("load", store, "-", "--quiet", input: Data(Inputs.lines(50).utf8))
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: store)
        let before = try Data(contentsOf: URL(fileURLWithPath: store))
        for target in [store, store + "-lock", folder.path("link"), folder.path("./s.sparse")] {
            let result = try Binary.run("publish", store, target)
            #expect(result.status == 1, "\(target): \(result.errors)")
        }
        let (target, copy) = (folder.path("target"), folder.path("copy.sparse"))
        try Binary.run("publish", store, target)
        for (path, status) in [(store, Int32(2)), (folder.path("link"), 2), (target, 1), ("\(target)/target", 2)] {
            let result = try Binary.run("follow", target, path, "--once")
            #expect(result.status == status, "\(path): \(result.errors)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == before)
        #expect(try Binary.run("follow", target, copy, "--once").status == 0)
        #expect(try Binary.run("follow", copy, copy, "--once").status != 0)
        #expect(try Binary.run("publish", store, folder.path(".")).status == 2)
        #expect(try Binary.run("publish", store, folder.path("missing/target")).status == 2)
    }

    @Test func `damage of a target is refused by name, with its exit code`() throws {
        let folder = TemporaryFolder()
        let (store, target) = (folder.path("s.sparse"), folder.path("target"))
        try Binary.run("load", store, "-", "--quiet", input: Data(Inputs.lines(50).utf8))
        try Binary.run("publish", store, target)
        let chunks = try #require(FileManager.default.enumerator(atPath: "\(target)/chunks"))
        let chunk = try #require(chunks.compactMap { $0 as? String }.first { $0.count > 64 })
        let url = URL(fileURLWithPath: "\(target)/chunks/\(chunk)")
        var bytes = try Data(contentsOf: url)
        bytes[bytes.count / 2] ^= 255
        try bytes.write(to: url)
        let result = try Binary.run("follow", target, folder.path("copy.sparse"), "--once")
        #expect(result.status == 3)
        #expect(result.errors.contains(chunk))
        #expect(!FileManager.default.fileExists(atPath: folder.path("copy.sparse")))
    }

    @Test(arguments: ["<&- >&- 2>&-", ">&- 2>&-", "2>&-"])
    func `closed standard descriptors damage neither target nor copy`(closed: String) throws {
        let folder = TemporaryFolder()
        let (store, target, copy) = (folder.path("s.sparse"), folder.path("target"), folder.path("copy.sparse"))
        try Binary.run("load", store, "-", "--quiet", input: Data(Inputs.lines(50).utf8))
        for words in [["publish", store, target], ["follow", target, copy, "--once"], ["publications", target]] {
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/bin/sh")
            shell.arguments = ["-c", "\"$0\" \"$@\" \(closed)", Binary.path] + words
            try shell.run()
            shell.waitUntilExit()
            #expect(shell.terminationStatus == 0)
        }
        #expect(try Binary.run("verify", copy, "--deep").status == 0)
        #expect(try Binary.run("follow", target, folder.path("other.sparse"), "--once").status == 0)
    }
}
