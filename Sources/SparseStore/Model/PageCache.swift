internal import Platform
internal import SystemPackage

/// An estimate of the memory that the system can give to the cached pages of this process's files.
///
/// It says what fits in the long run, not what is in memory now: after a start nothing is, and a choice that depends on
/// that would keep it so.
enum PageCache {
    /// The number of bytes; nil if the system does not report it, as on systems other than Linux. Read at most once in
    /// some seconds.
    static var size: Int? {
        newest.withLock { newest in
            if let known = newest, ContinuousClock.now - known.time < .seconds(5) { return known.size }
            let size = size(of: FileTree())
            newest = (ContinuousClock.now, size)
            return size
        }
    }

    private static let newest = Lock<(time: ContinuousClock.Instant, size: Int?)?>(nil)

    /// The least of what the system has available and of what is left in each of the process's control groups, with
    /// cached pages counted as available in both.
    static func size(of files: some SystemFiles) -> Int? {
        let system = files.text("/proc/meminfo").flatMap { field("MemAvailable:", in: $0) }.map { $0 << 10 }
        return ([system] + groups(of: files).map { $0.left(files) }).compactMap(\.self).min()
    }

    /// The control groups of memory that the process is in, with their ancestors.
    private static func groups(of files: some SystemFiles) -> [ControlGroup] {
        let lines = files.text("/proc/self/cgroup")?.split(separator: "\n") ?? []
        return lines.flatMap { line -> [ControlGroup] in
            // `number:controllers:path`; the number of version 2 is 0, and it names no controllers.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let isUnified = parts[0] == "0" && parts[1].isEmpty
            guard isUnified || parts[1].split(separator: ",").contains("memory") else { return [] }
            let names = parts[2].split(separator: "/")
            // In a container, the root is the container's group, and the path may be that of the host.
            return (0...names.count).map { count in
                let path = names.prefix(count).map { "/" + $0 }.joined()
                return isUnified
                    ? ControlGroup.unified("/sys/fs/cgroup" + path)
                    : ControlGroup.legacy("/sys/fs/cgroup/memory" + path)
            }
        }
    }

    /// Returns the number behind a name at the beginning of a line.
    fileprivate static func field(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", omittingEmptySubsequences: true)
            if parts.count >= 2, parts[0] == name { return Int(parts[1]) }
        }
        return nil
    }
}

/// A control group that limits memory: the names of its files, which differ between the versions of control groups.
private struct ControlGroup {
    let folder: String
    let limits: [String]
    let usage: String
    let cached: [String]

    static func unified(_ folder: String) -> ControlGroup {
        ControlGroup(
            folder: folder, limits: ["memory.max", "memory.high"], usage: "memory.current",
            cached: ["active_file", "inactive_file"])
    }

    static func legacy(_ folder: String) -> ControlGroup {
        ControlGroup(
            folder: folder, limits: ["memory.limit_in_bytes"], usage: "memory.usage_in_bytes",
            cached: ["total_active_file", "total_inactive_file"])
    }

    /// Returns the part of the limit that is free or holds cached pages; nil without a limit.
    func left(_ files: some SystemFiles) -> Int? {
        func number(_ name: String) -> Int? {
            files.text("\(folder)/\(name)").flatMap { Int($0.prefix { $0.isNumber }) }
        }
        // Without a limit the file says `max`, or has a number near the largest.
        guard let limit = limits.compactMap(number).min(), let usage = number(usage) else { return nil }
        let statistics = files.text("\(folder)/memory.stat") ?? ""
        let held = cached.reduce(0) { $0 + (PageCache.field($1, in: statistics) ?? 0) }
        return max(0, limit - max(0, usage - held))
    }
}

/// Reads files of the system. Tests have their own.
protocol SystemFiles {
    /// Returns the contents of a file; nil if it cannot be read.
    func text(_ path: String) -> String?
}

private struct FileTree: SystemFiles {
    func text(_ path: String) -> String? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly) else { return nil }
        defer { try? file.close() }
        // What is looked for in these files is at the beginning or all there is.
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        guard let count = try? bytes.withUnsafeMutableBytes({ try file.read(into: $0) }) else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
