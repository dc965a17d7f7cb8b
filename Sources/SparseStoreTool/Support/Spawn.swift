internal import Platform

/// Starts child processes with `posix_spawnp`. swift-subprocess would need Swift 6.2.
enum Spawn {
    #if canImport(Darwin)
        typealias FileActions = posix_spawn_file_actions_t?
    #else
        typealias FileActions = posix_spawn_file_actions_t
    #endif

    /// The error number of a process that could not be started.
    struct Failure: Error {
        let number: Int32
    }

    /// Starts a process and returns its id.
    ///
    /// - Parameters:
    ///   - executable: A path, or a name that is looked up in `PATH`.
    ///   - words: The arguments; the first one is the process's name.
    ///   - variables: Variables to add to the environment of this process, as `NAME=value`.
    ///   - prepare: Adds the changes of descriptors that take effect in the child.
    static func start(
        _ executable: String, _ words: [String], adding variables: [String] = [],
        prepare: (inout FileActions) -> Void
    ) throws(Failure) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        prepare(&actions)
        let words = words.map { strdup($0) }
        let environment = (Self.environment() + variables).map { strdup($0) }
        defer { for word in words + environment { free(word) } }
        var process: pid_t = 0
        let number = posix_spawnp(&process, executable, &actions, nil, words + [nil], environment + [nil])
        guard number == 0 else { throw Failure(number: number) }
        return process
    }

    private static func environment() -> [String] {
        var words: [String] = []
        var next = environ
        while let word = next.pointee {
            words.append(String(cString: word))
            next += 1
        }
        return words
    }
}
