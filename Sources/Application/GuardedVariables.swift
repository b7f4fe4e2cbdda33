/// The environment variables by which programs load, run or trust something else.
enum GuardedVariables {
    /// The names, in upper case.
    private static let names: Set<String> = [
        // The shell, and what the C library and its loader read.
        "PATH", "IFS", "ENV", "BASH_ENV", "SHELL", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND",
        "CDPATH", "FPATH", "ZDOTDIR", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "NLSPATH",
        "HOSTALIASES", "RES_OPTIONS",
        // Homes, in which programs look for settings.
        "HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS",
        // Programs that others start.
        "EDITOR", "VISUAL", "PAGER", "MANPAGER", "BROWSER", "SSH_ASKPASS", "SUDO_ASKPASS",
        "SSH_AUTH_SOCK", "LESSOPEN", "LESSCLOSE", "LESS", "RSYNC_RSH", "CVS_RSH",
        // Interpreters and their libraries.
        "NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "RUBYOPT", "RUBYLIB", "GEM_HOME",
        "GEM_PATH", "PERL5OPT", "PERL5LIB", "PERL5DB", "PERLLIB", "PHPRC", "PHP_INI_SCAN_DIR",
        "CLASSPATH", "JAVA_HOME", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS",
        "JAVA_OPTS",
        "MAVEN_OPTS", "MAVEN_ARGS", "GRADLE_OPTS", "GRADLE_USER_HOME", "SBT_OPTS", "KOTLIN_HOME",
        "TCLLIBPATH", "GUILE_LOAD_PATH", "JULIA_LOAD_PATH", "ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS",
        "ELIXIR_ERL_OPTIONS", "DENO_DIR", "BUN_OPTIONS",
        // Compilers and builds.
        "CC", "CXX", "CPP", "LD", "AR", "AS", "NM", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS",
        "COMPILER_PATH", "GCC_EXEC_PREFIX", "RUSTC", "RUSTDOC", "RUSTFLAGS", "RUSTDOCFLAGS",
        "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "GOFLAGS", "GOROOT", "GOPATH", "GOENV",
        "GOPROXY",
        "GOTOOLCHAIN", "MAKE", "MAKEFLAGS", "MAKEFILES", "MFLAGS", "GNUMAKEFLAGS", "PKG_CONFIG",
        "PKG_CONFIG_PATH", "SWIFT_EXEC", "TOOLCHAINS",
        // Other machines that are worked on, and whom the network is reached through.
        "DOCKER_HOST", "DOCKER_CONFIG", "KUBECONFIG", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_HOME",
        "WGETRC",
    ]

    /// The beginnings of names, in upper case.
    private static let beginnings = [
        "LD_", "DYLD_", "BASH_FUNC_", "MALLOC_", "GIT_", "PYTHON", "PIP_", "UV_", "POETRY_",
        "CONDA_",
        "NPM_CONFIG_", "YARN_", "PNPM_", "COREPACK_", "BUNDLE_", "LUA_", "R_", "CARGO_", "RUSTUP_",
        "CMAKE_", "MESON_", "DOTNET_", "CORECLR_", "COR_", "COMPLUS_", "NUGET_", "CODEX_",
        "OPENAI_",
        "AZURE_OPENAI_", "QUIRE_",
    ]

    /// Indicates whether a variable is one of them, in whatever case: proxies are read in either.
    static func contain(_ name: String) -> Bool {
        let name = name.uppercased()
        return names.contains(name) || beginnings.contains { name.hasPrefix($0) }
    }
}
