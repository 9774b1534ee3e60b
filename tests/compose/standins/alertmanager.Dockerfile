# As the official image: /bin/alertmanager and /bin/amtool, wget, nobody, /alertmanager.
FROM stand-in/debian AS package
RUN apt-get update -qq && apt-get download -qq prometheus-alertmanager && \
    dpkg -x *.deb /unpacked

FROM stand-in/debian
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends busybox && \
    ln -s /bin/busybox /bin/wget
COPY --from=package /unpacked/usr/bin/prometheus-alertmanager /bin/alertmanager
COPY --from=package /unpacked/usr/bin/amtool /bin/
COPY --from=package /unpacked/usr/share /usr/share
RUN install -d -o nobody -g nogroup /alertmanager
USER nobody
WORKDIR /alertmanager
ENTRYPOINT ["/bin/alertmanager"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]
