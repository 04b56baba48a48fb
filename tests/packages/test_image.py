#!/usr/bin/env python3
"""test_image.py [-k] - the OCI image, as a container runs it: a root that cannot be written, a user who may nothing, one volume; in a net with a Postfix
beside it. What podman would do is done by hand. BUILD holds sportello-image.tar (make image). Ends with "N passed, N failed".
"""
import hashlib, json, os, re, shutil, subprocess, sys, tarfile, tempfile, traceback
sys.dont_write_bytecode = True
import machine
from machine import BUILD, Skip, Tree, World, need
from test_bare import play

MOST = 90000000
SETUP = ("sportello setup --postfix none --relay smtp://127.0.0.1:25 --domain help.example.org --agent bob=bob@example.org --web none --url http://help.example.org:8026 --apply")


def read_image(directory):
    """Takes an image apart: (its configuration, bytes of its layers). Digests and sizes must be what the manifest says."""
    with tarfile.open(os.path.join(BUILD, "sportello-image.tar")) as archive:
        archive.extractall(directory + "/layout")

    def blob(descriptor):
        with open(os.path.join(directory, "layout", "blobs", *descriptor["digest"].split(":")), "rb") as f:
            data = f.read()
        assert len(data) == descriptor["size"] and hashlib.sha256(data).hexdigest() == descriptor["digest"].split(":")[1], descriptor
        return data
    with open(os.path.join(directory, "layout", "index.json")) as f:
        manifest = json.loads(blob(json.load(f)["manifests"][0]))
    root, size = os.path.join(directory, "image"), 0
    os.makedirs(root)
    for layer in manifest["layers"]:
        blob(layer)
        need("tar", "-C", root, "--numeric-owner", "-xpf", os.path.join(directory, "layout", "blobs", *layer["digest"].split(":")))
    for folder, _, names in os.walk(root):
        size += sum(os.lstat(os.path.join(folder, name)).st_size for name in names)
    return json.loads(blob(manifest["config"])), size


class Container:
    """The image's programs with what a container leaves them."""
    def __init__(self, world, directory, config):
        self.world, self.root, self.config = world, os.path.join(directory, "image"), config["config"]
        self.volume = os.path.join(directory, "volume")
        user = int(self.config["User"].split(":")[0])
        os.makedirs(self.volume)
        os.chown(self.volume, user, user)
        for words in (("--bind", self.root, self.root), ("-o", "remount,ro,bind", self.root), ("--bind", self.volume, self.root + next(iter(self.config["Volumes"]))),
                      ("-t", "tmpfs", "tmpfs", self.root + "/tmp"), ("-t", "proc", "proc", self.root + "/proc"), ("--bind", "/dev", self.root + "/dev")):
            need("mount", *words)

    def command(self, *words):
        return [*self.world.net, sys.executable, "-c", ENTER, self.root, self.config["User"], json.dumps(self.config["Env"]), self.config["WorkingDir"], *words]

    def run(self, *words):
        done = machine.run(*self.command(*words), timeout=120)
        return done.returncode, done.stdout + done.stderr

    def start(self):
        self.log = open(self.volume + ".log", "w+")
        self.daemon = subprocess.Popen(self.command(*self.config["Cmd"]), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)


# Root's rights are given up for good behind chroot: no groups, no capability, no way back. The image needs no program for that.
ENTER = """
import ctypes, json, os, sys
root, user, env, folder, *words = sys.argv[1:]
libc = ctypes.CDLL(None)
os.chroot(root)
os.chdir(folder)
for capability in range(64):
    libc.prctl(24, capability, 0, 0, 0)
os.setgroups([])
os.setgid(int(user.split(":")[1]))
os.setuid(int(user.split(":")[0]))
libc.prctl(38, 1, 0, 0, 0)
env = dict(pair.split("=", 1) for pair in json.loads(env))
os.environ["PATH"] = env["PATH"]
os.execvpe(words[0], words, env)
"""


def inside(tree, directory):
    world = World(tree)
    config, size = read_image(directory)
    print("  %.0f MB unpacked, %.0f MB to carry" % (size / 1e6, os.path.getsize(os.path.join(BUILD, "sportello-image.tar")) / 1e6))
    try:
        own = config["config"]
        assert size < MOST, size
        assert own["User"].split(":")[0] not in ("", "0", "root") and list(own["Volumes"]) == ["/var/lib/sportello"] and own["Healthcheck"]["Test"] == ["CMD", "sportello", "health"], own
        box = Container(world, directory, config)
        said = world.shell("apt-get install -y postfix && cat /root/main.cf >>/etc/postfix/main.cf && cp /root/transport /etc/postfix/transport && postfix reload")
        assert said[0] == 0, said
        code, said = box.run(*SETUP.split())
        assert code == 0, said
        assert box.run("sportello", "health")[0] == 75
        box.start()
        world.wait(lambda: box.run(*own["Healthcheck"]["Test"][1:])[0] == 0, 30, "health")
        for place in ("/etc/x", "/usr/bin/x", "/x"):
            code, said = box.run("sportello", "backup", place)
            assert code != 0 and not os.path.exists(box.root + place), (place, said)
        with open("/proc/%d/status" % box.daemon.pid) as f:
            status = f.read()
        assert "CapEff:\t0000000000000000" in status and "CapBnd:\t0000000000000000" in status and "NoNewPrivs:\t1" in status, status
        code, said = box.run("sportello", "selftest")
        assert code == 0, said
        link = play(world, "Scanner offline", box)
        path = re.sub(r"https?://[^/]+", "", link)
        answered = machine.run(*world.net, sys.executable, "-c", "import urllib.request, sys; print(urllib.request.urlopen('http://127.0.0.1:8025' + sys.argv[1]).read().decode())", path)
        assert "<form" in answered.stdout, answered
        box.daemon.terminate()
        assert box.daemon.wait(60) == 0, "SIGTERM ends it well"
        assert os.path.exists(box.volume + "/sportello.db") and os.path.exists(box.volume + "/sportello.conf")
        print("1 passed, 0 failed")
        return 0
    except Exception:
        log = open(directory + "/volume.log").read()[-3000:] if os.path.exists(directory + "/volume.log") else ""
        print("FAILED: image\n%s--- log of the machine:\n%s\n--- sportellod:\n%s\n0 passed, 1 failed" % (traceback.format_exc(), "\n".join(world.log[-25:]), log))
        return 1


def main():
    sys.stdout.reconfigure(line_buffering=True)
    if "--inside" in sys.argv:
        machine.reap()
        sys.exit(inside(*sys.argv[-2:]))
    directory = tempfile.mkdtemp(prefix="sportello-image-")
    os.chmod(directory, 0o755)
    try:
        if not os.path.exists(os.path.join(BUILD, "sportello-image.tar")):
            raise Skip("no image in %s: make image" % BUILD)
        tree = Tree(os.path.join(directory, "tree"))
        for name in ("main.cf", "transport"):
            shutil.copy(os.path.join(machine.TOP, "contrib", "postfix", name + ".sample"), tree.path("root", name))
        tree.fetch("postfix")
        code = machine.enter(os.path.abspath(__file__), tree.directory, directory)
    except Skip as why:
        print("skipped: image: %s\n0 passed, 0 failed" % why)
        code = 0
    finally:
        if "-k" in sys.argv:
            print("kept:", directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
