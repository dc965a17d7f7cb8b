import Foundation

// The functions that libFuzzer calls. The target's name is in the environment, because processes that libFuzzer starts
// inherit it.

private let target: FuzzTarget? = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"]
    return FuzzTarget.all.first { $0.name == name }
}()

/// Runs before libFuzzer parses its arguments.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer, _ arguments: UnsafeMutableRawPointer) -> CInt {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["FUZZ_SEEDS"] {
        do {
            try writeSeeds(to: URL(fileURLWithPath: folder))
            exit(0)
        } catch {
            print("seeds: \(error)")
            exit(1)
        }
    }
    if target == nil {
        for target in FuzzTarget.all { print(target.name, target.longest) }
        exit(environment["FUZZ_TARGET"] == nil ? 0 : 64)
    }
    return 0
}

/// Runs the target on one input; a broken promise ends the process.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafeRawPointer?, _ count: Int) -> CInt {
    do {
        try target?.run(UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    } catch {
        // libFuzzer detects a finding by the end of the process.
        FileHandle.standardError.write(Data("FINDING: \(error)\n".utf8))
        abort()
    }
    return 0
}

private func writeSeeds(to folder: URL) throws {
    for target in FuzzTarget.all {
        let own = folder.appendingPathComponent(target.name)
        let seeds = try target.seeds()
        if !seeds.isEmpty { try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true) }
        for (index, seed) in seeds.enumerated() {
            try Data(seed).write(to: own.appendingPathComponent("seed-\(index)"))
        }
    }
}
