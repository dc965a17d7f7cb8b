import Foundation
import TestSupport
import Testing

@Suite("No command writes over a file that it uses")
struct OutputPathTests {
    /// A store with its lock file and inputs, each with a hard link, a symbolic link and a path through another folder.
    private struct Place {
        let folder = TemporaryFolder()
        let files = [
            "s.sparse", "s.sparse-lock", "in.jsonl", "q.jsonl", "gt.bin", "qrels", "fuse.run", "t.npy", "o.npy",
        ]

        init() throws {
            _ = try folder.write("in.jsonl", #"{"id": 0, "vector": {"x": 1}}"# + "\nbad\n")
            _ = try folder.write("q.jsonl", #"{"id": "q", "vector": {"x": 1}}"# + "\n")
            _ = try folder.write("gt.bin", Inputs.truth([[0]], [[1]]))
            _ = try folder.write("qrels", "q 0 1\n")
            _ = try folder.write("fuse.run", "q Q0 0 1 1 t\n")
            // Only looked at once it is known what is written.
            _ = try folder.write("t.npy", "t")
            _ = try folder.write("o.npy", "o")
            try Binary.run("load", folder.path("s.sparse"), folder.path("in.jsonl"))
            let manager = FileManager.default
            try manager.createSymbolicLink(atPath: folder.path("folder"), withDestinationPath: folder.path("."))
            for file in files {
                try manager.linkItem(atPath: folder.path(file), toPath: folder.path("\(file).hard"))
                try manager.createSymbolicLink(
                    atPath: folder.path("\(file).soft"), withDestinationPath: folder.path(file))
            }
        }

        func path(_ name: String) -> String { folder.path(name) }

        func contents() throws -> [Data] {
            try files.filter { $0 != "s.sparse-lock" }.map { try Data(contentsOf: URL(fileURLWithPath: path($0))) }
        }

        func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path(".")).sorted() }

        /// Every way to write the path of a file.
        func spellings(_ file: String) throws -> [String] {
            [
                path(file), path("./\(file)"), path("folder/\(file)"), path("\(file).hard"),
                path("\(file).soft"),
            ]
        }
    }

    private func run(_ arguments: [String]) throws -> Binary.Result { try Binary.Running(arguments).finish() }

    @Test
    func `--run names no store, lock file or input, by whatever name`() throws {
        let place = try Place()
        let before = try place.contents()
        for file in ["s.sparse", "s.sparse-lock", "q.jsonl", "gt.bin", "qrels", "fuse.run"] {
            for spelling in try place.spellings(file) {
                let result = try run([
                    "eval", place.path("s.sparse"), "--queries", place.path("q.jsonl"), "--truth", place.path("gt.bin"),
                    "--qrels", place.path("qrels"), "--fuse", place.path("fuse.run"), "--run", spelling,
                ])
                #expect(result.status == 1, "\(spelling): \(result.errors)")
                #expect(result.errors.contains("--run"), "\(spelling): \(result.errors)")
            }
        }
        #expect(try place.contents() == before)
        #expect(try run(["verify", place.path("s.sparse"), "--deep"]).status == 0)
    }

    @Test
    func `--rejects names no store, lock file or input, by whatever name`() throws {
        let place = try Place()
        let before = try place.contents()
        for file in ["s.sparse", "s.sparse-lock", "in.jsonl", "t.npy", "o.npy"] {
            for spelling in try place.spellings(file) {
                let result = try run([
                    "load", place.path("s.sparse"), place.path("in.jsonl"), "--multivectors", place.path("t.npy"),
                    "--offsets", place.path("o.npy"), "--rejects", spelling,
                ])
                #expect(result.status == 1, "\(spelling): \(result.errors)")
                #expect(result.errors.contains("--rejects"), "\(spelling): \(result.errors)")
            }
        }
        #expect(try place.contents() == before)
        #expect(try run(["verify", place.path("s.sparse"), "--deep"]).status == 0)
    }

    @Test
    func `a store that is not there yet is not made of a file of rejects`() throws {
        let place = try Place()
        let before = try place.names()
        for rejects in ["new.sparse", "./new.sparse", "folder/new.sparse", "new.sparse-lock", "folder/new.sparse-lock"]
        {
            let result = try run([
                "load", place.path("new.sparse"), place.path("in.jsonl"), "--rejects", place.path(rejects),
            ])
            #expect(result.status == 1, "\(rejects): \(result.errors)")
            #expect(try place.names() == before, "\(rejects)")
        }
    }

    @Test
    func `standard input is an input as well`() throws {
        let place = try Place()
        let before = try place.contents()
        let input = try FileHandle(forReadingFrom: URL(fileURLWithPath: place.path("in.jsonl")))
        let result = try Binary.Running(
            ["load", place.path("s.sparse"), "-", "--rejects", place.path("in.jsonl.hard")], input: input
        ).finish()
        #expect(result.status == 1, "\(result.errors)")
        #expect(try place.contents() == before)
    }

    @Test(arguments: ["1", "2"])
    func `standard output and standard error do not lead into a file that is used`(stream: String) throws {
        let place = try Place()
        let before = try place.contents()
        let store = place.path("s.sparse")
        let commands = [
            ["export", store], ["stats", store], ["get", store, "0"], ["verify", store], ["build", store],
            ["search", store, "--terms", #"{"x": 1}"#], ["repair", store, "--to", place.path("mended")],
            ["backup", store, place.path("copy")], ["restore", store, place.path("copy")], ["compact", store],
            ["tune", store], ["migrate", store], ["remove", store, "0"],
        ]
        for command in commands {
            for target in ["s.sparse.hard", "s.sparse-lock"] {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/bin/sh")
                process.arguments = ["-c", "exec \"$@\" \(stream)>> \"$TARGET\"", "sh", Binary.path] + command
                process.environment = ProcessInfo.processInfo.environment.merging(["TARGET": place.path(target)]) {
                    $1
                }
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.run()
                process.waitUntilExit()
                #expect(process.terminationStatus == 1, "\(command[0]) \(stream)>> \(target)")
            }
        }
        #expect(try place.contents() == before)
    }

    @Test
    func `what must not be there yet is refused when it is, by whatever name`() throws {
        let place = try Place()
        let before = try place.contents()
        let store = place.path("s.sparse")
        for file in ["s.sparse", "s.sparse-lock", "in.jsonl"] {
            for spelling in try place.spellings(file) {
                for command in [
                    ["backup", store, spelling], ["restore", store, spelling], ["repair", store, "--to", spelling],
                ] {
                    let result = try run(command)
                    #expect(result.status != 0, "\(command[0]) \(spelling)")
                }
            }
        }
        #expect(try place.contents() == before)
        #expect(try run(["verify", store, "--deep"]).status == 0)
    }

    @Test
    func `a file of the user's that is called like one in the making survives every command`() throws {
        let place = try Place()
        let store = place.path("s.sparse")
        // A compaction refuses a file that has a second name.
        try FileManager.default.removeItem(atPath: place.path("s.sparse.hard"))
        let mine = ["s.sparse.new-20241128-1", "copy.new-20241128-2", "mended.new-1-a", "again.new-0123456789abcdef"]
        for name in mine { try FileManager.default.copyItem(atPath: store, toPath: place.path(name)) }
        for command in [
            ["compact", store], ["backup", store, place.path("copy")],
            ["repair", store, "--to", place.path("mended")],
            ["restore", place.path("again.new-0123456789abcdef"), place.path("again")],
        ] {
            let result = try run(command)
            #expect(result.status == 0, "\(command[0]): \(result.errors)")
        }
        for name in mine { #expect(try run(["verify", place.path(name)]).status == 0, "\(name)") }
    }
}
